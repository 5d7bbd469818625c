"""What can go wrong with organizations and hosts."""

from __future__ import annotations

from django.utils.translation import gettext_lazy as _

from apps.common.errors import BadRequest, Conflict, NotFound, PermissionDenied, Unauthorized


class UnknownHost(NotFound):
    code = "unknown_host"
    message = _("No organization lives at this host.")


class OrganizationInactive(PermissionDenied):
    code = "organization_inactive"
    message = _("This organization is not active.")


class WrongOrganization(Unauthorized):
    code = "wrong_organization"
    message = _("These credentials belong to another organization.")


class InvalidHost(BadRequest):
    code = "invalid_host"
    message = _("This is not a host name that an organization can have.")


class DomainTaken(BadRequest):
    code = "domain_taken"
    message = _("This host already leads to an organization.")


class OrganizationNotFound(NotFound):
    code = "organization_not_found"
    message = _("There is no such organization.")


class OrganizationStillActive(Conflict):
    code = "organization_still_active"
    message = _("Suspend the organization first; only what is out of use is purged.")


class SlugNotConfirmed(BadRequest):
    code = "slug_not_confirmed"
    message = _("This is not the organization's slug.")


class PlatformProtected(Conflict):
    code = "platform_protected"
    message = _("The platform itself cannot be switched off.")
