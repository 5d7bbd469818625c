"""Options of a select: read when the form is saved, looked up when an answer arrives."""

from collections.abc import Iterable

from django.utils.translation import gettext as _

from apps.portal.forms.errors import Refused, ValueRefused
from apps.portal.forms.limits import MAX_INTEGER, MAX_OPTION_LABEL, MAX_OPTION_VALUE, MAX_OPTIONS, MIN_INTEGER
from apps.portal.forms.reading import ObjectReader, check_text
from apps.portal.forms.schema import Choice, Option, Value


def parse_options(raw: object) -> tuple[Option, ...]:
    """Return the options of a select; values are unique as text, so that `1` and `"1"` cannot both be there."""
    if not isinstance(raw, list):
        raise Refused("options", _("must be a list."))
    if not 1 <= len(raw) <= MAX_OPTIONS:
        raise Refused("options", _("needs 1 to %(longest)d entries.") % {"longest": MAX_OPTIONS})
    options = tuple(_parse_option(entry, path=f"options[{index}]") for index, entry in enumerate(raw))
    seen: set[str] = set()
    for index, option in enumerate(options):
        if str(option.value) in seen:
            raise Refused(f"options[{index}].value", _("is there twice: %(value)s.") % {"value": option.value})
        seen.add(str(option.value))
    return options


def pick(value: Value, options: Iterable[Option]) -> Value:
    """Return the options' own value for one choice or for a list of them, or raise `ValueRefused`."""
    known = {str(option.value): option.value for option in options}
    if isinstance(value, list):
        return [_known(choice, known) for choice in value]
    return _known(value, known)


def _known(value: object, known: dict[str, Choice]) -> Choice:
    if str(value) not in known:
        raise ValueRefused(_("Field '%(label)s' must be one of its options."))
    return known[str(value)]


def _parse_option(raw: object, *, path: str) -> Option:
    reader = ObjectReader(raw, path=path)
    label = reader.needed_text("label", longest=MAX_OPTION_LABEL)
    value = _parse_value(reader.take("value"), rule=reader.rule("value"))
    reader.finish()
    return Option(label=label, value=value)


def _parse_value(raw: object, *, rule: str) -> Choice:
    if isinstance(raw, int) and not isinstance(raw, bool) and MIN_INTEGER <= raw <= MAX_INTEGER:
        return raw
    value = check_text(raw, rule=rule, longest=MAX_OPTION_VALUE)
    if not value.strip():
        raise Refused(rule, _("must not be blank."))
    return value
