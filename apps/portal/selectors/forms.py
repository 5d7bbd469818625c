"""A service's form as one actor sees it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from apps.common.actor import Actor
from apps.portal.forms.coercion import coerce, is_blank
from apps.portal.forms.errors import ValueRefused
from apps.portal.forms.options import ActorOptions
from apps.portal.forms.presentation import present_form
from apps.portal.forms.schema import FormSchema, Values
from apps.portal.models import Service
from apps.portal.options import providers
from apps.portal.permissions import READ, require_service
from apps.portal.run_templates.definition import parse_definition


def form_fields(*, actor: Actor, service: Service, answers: Mapping[str, object]) -> list[dict[str, Any]]:
    """Return the fields with options resolved for this actor.

    `answers` are those given so far, for options that depend on them; what is not an answer to this form is ignored
    here, because nothing is decided yet.
    """
    require_service(actor, READ, service)
    definition = parse_definition(service.form_schema_json, service.run_template_json)
    return present_form(
        definition.form,
        defaults=definition.template.defaults,
        answers=usable_answers(definition.form, answers),
        options_resolver=ActorOptions(providers, actor),
    )


def usable_answers(form: FormSchema, answers: Mapping[str, object]) -> Values:
    """Return those answers that could be answers to this form, coerced. No actor: it only reads what it is given."""
    usable: Values = {}
    for key, raw in answers.items():
        field = form.by_key.get(key)
        if field is None or is_blank(raw):
            continue
        try:
            usable[key] = coerce(field.type, raw)
        except ValueRefused:
            continue
    return usable
