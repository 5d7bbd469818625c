"""What can go wrong with organizations and hosts."""

from __future__ import annotations

from django.utils.translation import gettext_lazy as _

from apps.common.errors import NotFound, PermissionDenied, Unauthorized


class UnknownHost(NotFound):
    code = "unknown_host"
    message = _("No organization lives at this host.")


class OrganizationInactive(PermissionDenied):
    code = "organization_inactive"
    message = _("This organization is not active.")


class WrongOrganization(Unauthorized):
    code = "wrong_organization"
    message = _("These credentials belong to another organization.")
