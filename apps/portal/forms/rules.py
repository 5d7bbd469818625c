"""`validation` of a field: `min`, `max` and `regex`, read when the form is saved, applied to each value."""

from typing import Final

from django.utils.translation import gettext as _

from apps.portal.forms.coercion import coerce, coerce_integer
from apps.portal.forms.comparison import ORDERED, measure
from apps.portal.forms.errors import Refused, ValueRefused
from apps.portal.forms.patterns import check_pattern, matches
from apps.portal.forms.reading import ObjectReader
from apps.portal.forms.schema import TEXTS, FieldType, Scalar, Validation, Value

COUNTED: Final = TEXTS | {FieldType.MULTISELECT}
"""Types whose `min` and `max` are whole and not negative: a length or a count of choices."""
BOUNDED: Final = ORDERED | COUNTED


def parse_validation(raw: object, field_type: FieldType) -> Validation:
    """Return the rules, or refuse the first one that makes no sense for this type."""
    if raw is None:
        return Validation()
    reader = ObjectReader(raw, path="validation")
    minimum = _parse_bound(reader.take("min"), field_type, rule=reader.rule("min"))
    maximum = _parse_bound(reader.take("max"), field_type, rule=reader.rule("max"))
    if minimum is not None and maximum is not None and measure(field_type, minimum) > measure(field_type, maximum):
        raise Refused(reader.rule("min"), _("must not be greater than max."))
    regex = _parse_regex(reader.take("regex"), field_type, rule=reader.rule("regex"))
    reader.finish()
    return Validation(minimum=minimum, maximum=maximum, regex=regex)


def check_rules(field_type: FieldType, rules: Validation, value: Value) -> None:
    """Raise `ValueRefused` when the value is out of bounds or does not fit the pattern."""
    if rules.minimum is not None and measure(field_type, value) < measure(field_type, rules.minimum):
        raise ValueRefused(_too_small(field_type), limit=rules.minimum)
    if rules.maximum is not None and measure(field_type, value) > measure(field_type, rules.maximum):
        raise ValueRefused(_too_large(field_type), limit=rules.maximum)
    if rules.regex is not None and not matches(rules.regex, str(value)):
        raise ValueRefused(_("Field '%(label)s' does not match the expected format."))


def _parse_bound(raw: object, field_type: FieldType, *, rule: str) -> Scalar | None:
    if raw is None:
        return None
    if field_type not in BOUNDED:
        raise Refused(rule, _("has no meaning for type %(type)s.") % {"type": field_type.value})
    try:
        value = coerce_integer(raw) if field_type in COUNTED else coerce(field_type, raw)
    except ValueRefused as refusal:
        raise Refused(rule, refusal.describe(rule)) from refusal
    if isinstance(value, int) and value < 0 and field_type in COUNTED:
        raise Refused(rule, _("must not be negative."))
    return value if isinstance(value, str | int | float) else None


def _parse_regex(raw: object, field_type: FieldType, *, rule: str) -> str | None:
    if raw is None:
        return None
    if field_type not in TEXTS:
        raise Refused(rule, _("has no meaning for type %(type)s.") % {"type": field_type.value})
    return check_pattern(raw, rule=rule)


def _too_small(field_type: FieldType) -> str:
    if field_type in TEXTS:
        return _("Field '%(label)s' must have at least %(limit)s characters.")
    if field_type is FieldType.MULTISELECT:
        return _("Field '%(label)s' must have at least %(limit)s choices.")
    return _("Field '%(label)s' must be at least %(limit)s.")


def _too_large(field_type: FieldType) -> str:
    if field_type in TEXTS:
        return _("Field '%(label)s' must have at most %(limit)s characters.")
    if field_type is FieldType.MULTISELECT:
        return _("Field '%(label)s' must have at most %(limit)s choices.")
    return _("Field '%(label)s' must be at most %(limit)s.")
