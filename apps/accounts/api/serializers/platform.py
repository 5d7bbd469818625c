"""Organizations on the wire, as who runs the platform writes them."""

from __future__ import annotations

from django.utils.translation import gettext_lazy as _
from rest_framework import serializers

from apps.accounts.api.serializers.tenants import OrganizationInput, OrganizationSettingsInput
from apps.common.api import InputSerializer, OrderingField, OutputSerializer, PageQuery, SearchField
from apps.tenants.models import COLOR

_HOST, _HOSTS = 253, 100


class PlatformOrganizationUpdateInput(OrganizationInput):
    """What is left out stays as it is."""

    domain = serializers.CharField(max_length=_HOST, required=False, help_text=_("The host that links lead to."))
    domains = serializers.ListField(
        child=serializers.CharField(max_length=_HOST),
        required=False,
        max_length=_HOSTS,
        help_text=_("All hosts; the one made with the organization stays."),
    )
    plan = serializers.CharField(max_length=40, required=False)
    is_active = serializers.BooleanField(required=False)
    settings = OrganizationSettingsInput(required=False)


class PlatformOrganizationCreateInput(InputSerializer):
    """Only the name is needed."""

    name = serializers.CharField(max_length=200)
    slug = serializers.RegexField(
        r"^[a-z0-9]+(?:-[a-z0-9]+)*$", max_length=50, required=False, help_text=_("By default made from the name.")
    )
    administrator_email = serializers.EmailField(
        max_length=254, required=False, help_text=_("Becomes the first administrator, and is mailed an invitation.")
    )
    domain = serializers.CharField(max_length=_HOST, required=False, help_text=_("The host that links lead to."))
    domains = serializers.ListField(
        child=serializers.CharField(max_length=_HOST),
        required=False,
        max_length=_HOSTS,
        help_text=_("Hosts of its own."),
    )
    logo_url = serializers.CharField(
        max_length=500, required=False, allow_null=True, help_text=_("https, or a path on the organization's own host.")
    )
    theme_primary_color = serializers.RegexField(COLOR, required=False, allow_null=True)
    plan = serializers.CharField(max_length=40, required=False)
    is_active = serializers.BooleanField(required=False)
    settings = OrganizationSettingsInput(required=False)


class PlatformOrganizationListQuery(PageQuery):
    search = SearchField(help_text=_("In name, slug and hosts."))
    plan = serializers.CharField(max_length=40, required=False)
    is_active = serializers.BooleanField(required=False)
    ordering = OrderingField({"name": "name", "slug": "slug", "created_at": "created_at"}, default="name")


class PurgeCertificateOutput(OutputSerializer):
    id = serializers.UUIDField()
    organization_id = serializers.UUIDField()
    name = serializers.CharField()
    slug = serializers.CharField()
    document = serializers.JSONField(help_text="What was removed, counted; nothing of what stood in it.")
    digest = serializers.CharField(help_text="SHA-256 of the document as the back-office gives it out.")
    files_removed_at = serializers.DateTimeField(allow_null=True)
    created_at = serializers.DateTimeField()
