"""Rights of a person on the wire."""

from __future__ import annotations

from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from apps.accounts.payloads import Rights
from apps.common.api import InputSerializer, OutputSerializer

_TYPE = "What the action is about: `robot` (also for `run.*` and `artifact.*`), `service` or `domain`."
_EFFECT = (
    "`gives`, `narrows` (own grants, all elsewhere), `lacks` (the role) or `refuses` (the account is switched off)."
)


class GrantOutput(OutputSerializer):
    """An action on one object, or on all that carry a tag."""

    id = serializers.UUIDField()
    action = serializers.CharField()
    resource_type = serializers.CharField()
    resource_id = serializers.UUIDField(allow_null=True)
    scope_tag = serializers.CharField(allow_null=True)
    created_at = serializers.DateTimeField()


class SharedGrantOutput(GrantOutput):
    """A grant of a group, or of the role, which is one; these only add."""

    group = serializers.CharField(source="group.name")


class RightsOutput(OutputSerializer):
    """What somebody may, and where from."""

    role = serializers.CharField(source="user.role.slug")
    permissions = serializers.SerializerMethodField(help_text="Actions that the role gives.")
    grants = GrantOutput(many=True, help_text="The person's own: where there are any for an action, they alone count.")
    group_grants = SharedGrantOutput(many=True, source="shared", help_text="Of the person's groups and role: they add.")

    @extend_schema_field(serializers.ListField(child=serializers.CharField()))
    def get_permissions(self, rights: Rights) -> list[str]:
        return sorted(rights.user.role.actions)


class GrantCreateInput(InputSerializer):
    """Either ``resource_id`` or ``scope_tag``."""

    action = serializers.CharField(max_length=60)
    resource_type = serializers.CharField(max_length=60, help_text=_TYPE)
    resource_id = serializers.UUIDField(required=False)
    scope_tag = serializers.CharField(
        max_length=60, required=False, help_text="Of robots: all that carry it, and services of such robots."
    )


class RightsExplainQuery(InputSerializer):
    action = serializers.CharField(max_length=60)
    resource_type = serializers.CharField(max_length=60, required=False, help_text=_TYPE)
    resource_id = serializers.UUIDField(required=False)


class ReasonOutput(OutputSerializer):
    """One thing that decides."""

    source = serializers.ChoiceField(  # type: ignore[assignment]  # a field of this name hides none of DRF's
        choices=["account", "role", "group", "grant"]
    )
    effect = serializers.ChoiceField(choices=["gives", "narrows", "lacks", "refuses"], help_text=_EFFECT)
    role = serializers.CharField(source="role.slug", allow_null=True, default=None)
    group = serializers.CharField(source="group.name", allow_null=True, default=None)
    grant = GrantOutput(allow_null=True)


class RightsExplanationOutput(OutputSerializer):
    """Whether somebody may do an action, and because of what."""

    allowed = serializers.BooleanField()
    because = ReasonOutput(many=True)
