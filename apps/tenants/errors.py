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


class PurgeTooEarly(Conflict):
    code = "purge_too_early"
    message = _("The organization must have been suspended for longer before it is purged.")


class CertificateNotFound(NotFound):
    code = "certificate_not_found"
    message = _("No organization of this id was purged.")


class SlugNotConfirmed(BadRequest):
    code = "slug_not_confirmed"
    message = _("This is not the organization's slug.")


class SlugTaken(Conflict):
    code = "slug_taken"
    message = _("This slug is taken, or none that an organization can have.")


class SchemaNotCurrent(Conflict):
    code = "schema_not_current"
    message = _("The organization's schema is not current; run migrate_organizations first.")


class ArchiveInvalid(BadRequest):
    code = "archive_invalid"
    message = _("This is no whole archive of an organization.")


class ArchiveOfAnotherVersion(Conflict):
    code = "archive_of_another_version"
    message = _("The archive is of another version, whose tables differ; import it with that one, then migrate.")


class PlatformProtected(Conflict):
    code = "platform_protected"
    message = _("The platform itself cannot be switched off.")
