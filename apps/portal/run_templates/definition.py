"""A form and the run template that fits it: what a service asks and what it makes of the answers."""

from __future__ import annotations

from dataclasses import dataclass

from apps.portal.forms.parsing import FilterCheck, parse_form_schema
from apps.portal.forms.schema import FormSchema
from apps.portal.run_templates.parsing import parse_run_template
from apps.portal.run_templates.template import RunTemplate


@dataclass(frozen=True, slots=True)
class Definition:
    """Both documents, checked against each other."""

    form: FormSchema
    template: RunTemplate


def parse_definition(
    form_schema_json: object, run_template_json: object, *, check_filter: FilterCheck | None = None
) -> Definition:
    """Return the definition. Raises `SchemaInvalid` and `TemplateInvalid`."""
    form = parse_form_schema(form_schema_json, check_filter=check_filter)
    return Definition(form, parse_run_template(run_template_json, form=form))
