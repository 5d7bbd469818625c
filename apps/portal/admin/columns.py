"""What files of the catalogue hold; an import takes the same columns."""

from __future__ import annotations

from django import forms
from django.core.validators import RegexValidator
from django.utils.translation import gettext_lazy as _

from apps.common.admin_exports import column
from apps.common.admin_forms import DocumentField
from apps.common.admin_imports import LinesResource, SwitchField
from apps.portal.models.domain import SLUG
from apps.portal.services.imports import domains_import, services_import

TEXT, ICON, TITLE, SLUG_LENGTH, MINUTES = 5_000, 120, 200, 120, 7 * 24 * 60


class DomainLine(forms.Form):
    slug = forms.CharField(
        min_length=2,
        max_length=SLUG_LENGTH,
        validators=[RegexValidator(SLUG, _("Use lower-case letters and digits, words joined by hyphens."))],
    )
    name = forms.CharField(min_length=2, max_length=TITLE)
    description = forms.CharField(max_length=TEXT, required=False)
    icon = forms.CharField(max_length=ICON, required=False)


class ServiceLine(forms.Form):
    domain = forms.CharField(max_length=SLUG_LENGTH)
    title = forms.CharField(min_length=2, max_length=TITLE)
    robot = forms.CharField(max_length=TITLE)
    form_schema_json = DocumentField(required=False)
    run_template_json = DocumentField(required=False)
    default_version = forms.CharField(max_length=100, required=False)
    enabled = SwitchField()
    description = forms.CharField(max_length=TEXT, required=False)
    icon = forms.CharField(max_length=ICON, required=False)
    confirmation_text = forms.CharField(max_length=TEXT, required=False)
    expected_minutes = forms.IntegerField(min_value=1, max_value=MINUTES, required=False)


class DomainColumns(LinesResource):
    row_form, service = DomainLine, domains_import
    slug = column("slug")
    name = column("name")
    description = column("description")
    icon = column("icon")


class ServiceColumns(LinesResource):
    row_form, service = ServiceLine, services_import
    domain = column("domain__slug")
    title = column("title")
    robot = column("robot__name")
    default_version = column("default_version__version")
    enabled = column("enabled")
    description = column("description")
    icon = column("icon")
    form_schema_json = column("form_schema_json")
    run_template_json = column("run_template_json")
    confirmation_text = column("confirmation_text")
    expected_minutes = column("expected_minutes")
    revision = column("revision")
    updated_at = column("updated_at")
