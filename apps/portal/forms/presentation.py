"""A form as it goes to whoever fills it in: the author's words, with live options resolved for this person."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from apps.portal.forms.conditions import MEMBERSHIP, PRESENCE
from apps.portal.forms.options import OptionsResolver, is_chosen
from apps.portal.forms.schema import Condition, Field, FormSchema, Option, Validation, Value, Values


def present_form(
    form: FormSchema, *, defaults: Mapping[str, Value], answers: Values, options_resolver: OptionsResolver
) -> list[dict[str, Any]]:
    """Return every field as JSON.

    `defaults` (the template's) replace the fields' own. Options that depend on another field are those for its answer
    in `answers`, or else for its default; without either there are none yet.
    """
    effective = {field.key: defaults.get(field.key, field.default) for field in form.fields}
    known = {key: value for key, value in effective.items() if value is not None} | answers
    fields = []
    for field in form.fields:
        depends = {key: known[key] for key in field.depends_on if key in known}
        options = options_resolver(field, depends) if is_chosen(field) else None
        fields.append(_present(field, effective[field.key], options))
    return fields


def _present(field: Field, default: Value | None, options: tuple[Option, ...] | None) -> dict[str, Any]:
    source = field.options_from
    return {
        "key": field.key,
        "label": field.label,
        "type": field.type.value,
        "required": field.required,
        "default": default,
        "helpText": field.help_text or None,
        "placeholder": field.placeholder or None,
        "validation": _validation(field.validation),
        "options": None if options is None else [{"label": each.label, "value": each.value} for each in options],
        "optionsFrom": None if source is None else {"provider": source.provider, "filter": dict(source.filter)},
        "dependsOn": list(field.depends_on) or None,
        "showIf": None if field.show_if is None else _condition(field.show_if),
    }


def _validation(rules: Validation) -> dict[str, Any] | None:
    stated = {"min": rules.minimum, "max": rules.maximum, "regex": rules.regex}
    return {name: value for name, value in stated.items() if value is not None} or None


def _condition(condition: Condition) -> dict[str, Any]:
    stated: dict[str, Any] = {"field": condition.field, "operator": condition.operator.value}
    if condition.operator in MEMBERSHIP:
        stated["value"] = list(condition.operands)
    elif condition.operator not in PRESENCE:
        stated["value"] = condition.operands[0]
    return stated
