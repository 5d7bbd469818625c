"""Submitted parameters against a form. One pass over the fields in their order decides everything.

- Precedence: submitted > the template's default > the field's own default.
- A blank (null, white space, empty list) in an optional field counts as absent, so a default takes its place; in a
  required field it is refused as missing.
- A field hidden by `showIf` is not asked: it is never required, its defaults do not apply, a blank in it is ignored,
  and any other value is refused. Refused rather than dropped: a run must not silently ignore what someone typed.
- A required checkbox must be answered, yes or no; a required multiselect needs at least one choice.
- What depends on a refused field (its `showIf` or its options) is not judged until that field is right.
"""

from collections.abc import Mapping
from datetime import UTC, tzinfo

from django.utils.translation import gettext as _

from apps.portal.forms.choices import pick
from apps.portal.forms.coercion import coerce, is_blank
from apps.portal.forms.conditions import holds
from apps.portal.forms.errors import ParametersInvalid, ValueRefused
from apps.portal.forms.limits import MAX_UNKNOWN_SHOWN
from apps.portal.forms.options import OptionsResolver, choices_of, is_chosen, no_options
from apps.portal.forms.rules import check_rules
from apps.portal.forms.schema import Field, FormSchema, Value, Values
from apps.portal.forms.texts import listed, printable


def validate_parameters(
    schema: FormSchema,
    submitted: Mapping[str, object],
    *,
    defaults: Mapping[str, object] | None = None,
    options_resolver: OptionsResolver = no_options,
    zone: tzinfo = UTC,
) -> Values:
    """Return the answers by key, or raise `ParametersInvalid` with every error by field."""
    answers = _Answers(schema, submitted, defaults or {}, options_resolver, zone)
    unknown = sorted(key for key in submitted if key not in schema.by_key)
    for field in schema.fields:
        answers.judge(field)
    errors = answers.errors | {printable(key): [_("Unknown parameter.")] for key in unknown[:MAX_UNKNOWN_SHOWN]}
    if unknown:
        raise ParametersInvalid(_("Unknown parameters: %(names)s.") % {"names": listed(unknown)}, errors)
    if errors:
        raise ParametersInvalid(next(iter(errors.values()))[0], errors)
    return answers.values


class _Answers:
    """The pass itself: what is accepted so far and what is refused so far."""

    def __init__(
        self,
        schema: FormSchema,
        submitted: Mapping[str, object],
        defaults: Mapping[str, object],
        resolver: OptionsResolver,
        zone: tzinfo,
    ) -> None:
        self.values: Values = {}
        self.errors: dict[str, list[str]] = {}
        self._schema = schema
        self._submitted = submitted
        self._defaults = defaults
        self._resolver = resolver
        self._zone = zone
        self._undecided: set[str] = set()

    def judge(self, field: Field) -> None:
        """Accept or refuse one field; earlier fields have been judged."""
        if field.show_if is not None and field.show_if.field in self._undecided:
            self._undecided.add(field.key)
            return
        try:
            raw = self._effective(field)
            if raw is not None:
                self.values[field.key] = self._checked(field, raw)
        except ValueRefused as refusal:
            self._undecided.add(field.key)
            self.errors[field.key] = [refusal.describe(field.label)]

    def _effective(self, field: Field) -> object:
        """Return what counts as the answer, or None for an absent one."""
        raw = self._submitted.get(field.key)
        if not holds(field.show_if, self._schema.by_key, self.values):
            if not is_blank(raw):
                raise ValueRefused(_("Field '%(label)s' does not apply to the other answers."))
            return None
        if not is_blank(raw):
            return raw
        default = self._defaults.get(field.key)
        fallback = field.default if is_blank(default) else default
        if field.required and (fallback is None or field.key in self._submitted):
            raise ValueRefused(_("Field '%(label)s' is required."))
        return fallback

    def _checked(self, field: Field, raw: object) -> Value:
        value = coerce(field.type, raw, zone=self._zone)
        if is_chosen(field):
            if any(key in self._undecided for key in field.depends_on):
                return value
            value = self._picked(field, value)
        check_rules(field.type, field.validation, value)
        return value

    def _picked(self, field: Field, value: Value) -> Value:
        depends = {key: self.values[key] for key in field.depends_on if key in self.values}
        for key in field.depends_on:
            if key not in depends:
                parent = self._schema.by_key[key].label
                raise ValueRefused(_("Field '%(label)s' needs an answer in '%(parent)s' first."), parent=parent)
        return pick(value, self._resolver(field, depends, {str(choice) for choice in choices_of(value)}))
