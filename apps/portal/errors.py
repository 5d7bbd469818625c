"""What can go wrong with domains, services and their runs."""

from __future__ import annotations

from django.utils.translation import gettext_lazy as _

from apps.common.errors import BadRequest, Conflict, NotFound

# --- domains


class DomainNotFound(NotFound):
    code = "domain_not_found"
    message = _("There is no such domain.")


class DomainNameTaken(BadRequest):
    code = "domain_name_taken"
    message = _("A domain with this name exists already.")


class DomainSlugTaken(BadRequest):
    code = "domain_slug_taken"
    message = _("A domain with this slug exists already.")


class DomainSlugReserved(BadRequest):
    code = "domain_slug_reserved"
    message = _("This slug is the address of another page of the portal; choose another.")


class DomainHasServices(Conflict):
    code = "domain_has_services"
    message = _("Services belong to this domain; move or delete them first.")


# --- services


class ServiceNotFound(NotFound):
    code = "service_not_found"
    message = _("There is no such service.")


class ServiceTitleTaken(BadRequest):
    code = "service_title_taken"
    message = _("A service with this title exists already in the domain.")


class ServiceHasRuns(Conflict):
    code = "service_has_runs"
    message = _("This service has runs; disable it instead of deleting it.")


class InvalidDefaultVersion(BadRequest):
    code = "invalid_default_version"
    message = _("The default version is not a version of the robot.")


class InvalidFormSchema(BadRequest):
    code = "invalid_form_schema"
    message = _("The form cannot be saved like this.")


class InvalidRunTemplate(BadRequest):
    code = "invalid_run_template"
    message = _("The run template cannot be saved like this.")


# --- runs


class ServiceDisabled(BadRequest):
    code = "service_disabled"
    message = _("This service is disabled.")


class InvalidParameters(BadRequest):
    code = "invalid_parameters"
    message = _("The parameters are not valid.")
