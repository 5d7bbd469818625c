"""Users on the wire."""

from __future__ import annotations

from typing import Any

from django.db.models import F
from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from apps.accounts.models import AuthSource, User
from apps.common.api import InputSerializer, OrderingField, OutputSerializer, PageQuery, SearchField, shown_by


class OrganizationSummary(OutputSerializer):
    """An organization in a few words."""

    id = serializers.UUIDField()
    name = serializers.CharField()
    slug = serializers.CharField()


class UserOutput(OutputSerializer):
    """A user; its organization is the one at hand, given in the context where the request is in none yet."""

    id = serializers.UUIDField()
    email = serializers.EmailField()
    name = serializers.CharField()
    username = serializers.CharField()
    phone = serializers.CharField()
    department = serializers.CharField()
    locale = serializers.CharField(help_text="Language of mails; empty: the product's own.")
    timezone = serializers.CharField(help_text="By its IANA name; empty: the organization's.")
    role = serializers.CharField(source="role.slug")
    permissions = serializers.SerializerMethodField(help_text="Actions that the role gives.")
    is_active = serializers.BooleanField()
    organization_id = serializers.SerializerMethodField()
    organization = serializers.SerializerMethodField()
    auth_source = serializers.ChoiceField(choices=AuthSource.choices)
    last_login_at = serializers.DateTimeField(source="last_login", allow_null=True)
    created_at = serializers.DateTimeField()

    def _organization(self) -> Any:
        return self.context.get("organization") or self.context["request"].organization

    @extend_schema_field(serializers.ListField(child=serializers.CharField()))
    def get_permissions(self, user: User) -> list[str]:
        return sorted(user.role.actions)

    @extend_schema_field(serializers.UUIDField())
    def get_organization_id(self, user: User) -> str:
        return str(self._organization().pk)

    @extend_schema_field(OrganizationSummary())
    def get_organization(self, user: User) -> Any:
        return shown_by(OrganizationSummary, self._organization())


class MeUserOutput(UserOutput):
    """Whoever asks; a key has what it was made for."""

    permissions = serializers.SerializerMethodField(help_text="Actions that the role gives; of a key, its own.")

    @extend_schema_field(serializers.ListField(child=serializers.CharField()))
    def get_permissions(self, user: User) -> list[str]:
        return sorted(self.context["request"].actor.permissions)


class UserCreateInput(InputSerializer):
    email = serializers.EmailField(max_length=254)
    name = serializers.CharField(max_length=150)
    role = serializers.CharField(max_length=60, help_text="Slug, or a spelling of the documents such as `Admin`.")
    password = serializers.CharField(
        max_length=1000,
        required=False,
        trim_whitespace=False,
        help_text="Without one an invitation to choose one is mailed.",
    )
    username = serializers.CharField(max_length=150, required=False, allow_blank=True)
    phone = serializers.CharField(max_length=40, required=False, allow_blank=True)
    department = serializers.CharField(max_length=120, required=False, allow_blank=True)
    is_active = serializers.BooleanField(required=False, default=True)


class UserUpdateInput(InputSerializer):
    email = serializers.EmailField(max_length=254, required=False)
    name = serializers.CharField(max_length=150, required=False)
    role = serializers.CharField(max_length=60, required=False)
    password = serializers.CharField(max_length=1000, required=False, trim_whitespace=False)
    username = serializers.CharField(max_length=150, required=False, allow_blank=True)
    phone = serializers.CharField(max_length=40, required=False, allow_blank=True)
    department = serializers.CharField(max_length=120, required=False, allow_blank=True)
    is_active = serializers.BooleanField(required=False)


class UserListQuery(PageQuery):
    search = SearchField(help_text="In address, name and user name.")
    role = serializers.CharField(max_length=60, required=False)
    is_active = serializers.BooleanField(required=False)
    ordering = OrderingField(
        {"email": "email", "name": "name", "created_at": "created_at", "last_login_at": F("last_login")},
        default="email",
    )
