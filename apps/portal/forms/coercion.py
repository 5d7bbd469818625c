"""From what was sent to what is meant: one small function per field type.

Each takes any JSON value and returns plain JSON, or raises `ValueRefused`. Bounds, patterns and options are not
looked at here. Decisions beyond the contract:

- text stays as sent, outer white space too; `text` is one line, `textarea` may have several;
- numbers are exact: whole ones become `int` (`5`, never `5.0`), others `float`, and a number whose digits a float
  cannot hold is refused instead of rounded; whole numbers stay inside 64 bits; a decimal comma is refused;
- a datetime without offset is meant in the `zone` given (the organization's); the answer always carries an offset;
- a file is a small inline one, `{"name", "content_base64"}`: it travels inside the parameters, so it is frozen with
  the run and repeats with a retry, and needs no second request; larger data belongs where the robot fetches it;
- a secret is the *name* of a secret, never a value.
"""

import base64
import binascii
import hashlib
import re
from collections.abc import Callable, Mapping
from datetime import UTC, date, datetime, tzinfo
from decimal import Decimal
from typing import Final, TypeAlias

from django.utils.translation import gettext as _

from apps.portal.forms.errors import ValueRefused
from apps.portal.forms.limits import (
    MAX_CHOICES,
    MAX_FILE_BYTES,
    MAX_FILE_NAME,
    MAX_INTEGER,
    MAX_NUMBER_TEXT,
    MAX_OPTION_VALUE,
    MAX_TEXT,
    MAX_TEXTAREA,
    MIN_INTEGER,
)
from apps.portal.forms.schema import Choice, FieldType, FileValue, Value
from apps.portal.forms.texts import is_one_line, is_storable

NUMERIC: Final = re.compile(r"[+-]?(?:[0-9]+(?:\.[0-9]*)?|\.[0-9]+)(?:[eE][+-]?[0-9]{1,4})?")
DATE: Final = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")
DATETIME: Final = re.compile(
    r"[0-9]{4}-[0-9]{2}-[0-9]{2}[T ][0-9]{2}:[0-9]{2}(?::[0-9]{2}(?:\.[0-9]{1,6})?)?(?:Z|[+-][0-9]{2}:[0-9]{2})?"
)
SECRET_NAME: Final = re.compile(r"[A-Z][A-Z0-9_]{0,99}")
WORDS_TRUE: Final = frozenset({"true", "1", "yes", "y"})
WORDS_FALSE: Final = frozenset({"false", "0", "no", "n"})

Coerce: TypeAlias = Callable[[object], Value]


def is_blank(raw: object) -> bool:
    """Say whether a submitted value counts as absent in an optional field."""
    return raw is None or (isinstance(raw, str) and not raw.strip()) or (isinstance(raw, list) and not raw)


def coerce(field_type: FieldType, raw: object, *, zone: tzinfo = UTC) -> Value:
    """Return the value as its field type means it, or raise `ValueRefused`."""
    if field_type is FieldType.DATETIME:
        return coerce_datetime(raw, zone=zone)
    return COERCIONS[field_type](raw)


def coerce_text(raw: object) -> str:
    """Accept one line of text."""
    text = _storable(raw, longest=MAX_TEXT)
    if not is_one_line(text):
        raise ValueRefused(_("Field '%(label)s' must be a single line without control characters."))
    return text


def coerce_textarea(raw: object) -> str:
    """Accept text of several lines."""
    return _storable(raw, longest=MAX_TEXTAREA)


def coerce_number(raw: object) -> int | float:
    """Accept a number or numeric text; never a boolean, never a rounded value."""
    refusal = ValueRefused(_("Field '%(label)s' must be a number."))
    if isinstance(raw, bool) or not isinstance(raw, int | float | str):
        raise refusal
    if isinstance(raw, int):
        return _within_bounds(raw)
    text = raw.strip() if isinstance(raw, str) else repr(raw)
    if len(text) > MAX_NUMBER_TEXT or not NUMERIC.fullmatch(text):
        raise refusal
    return _exact(Decimal(text))


def coerce_integer(raw: object) -> int:
    """Accept a whole number, also as text or written `5.0`."""
    number = coerce_number(raw)
    if isinstance(number, float):
        raise ValueRefused(_("Field '%(label)s' must be a whole number."))
    return number


def coerce_date(raw: object) -> str:
    """Accept `YYYY-MM-DD`, a day that exists."""
    refusal = ValueRefused(_("Field '%(label)s' must be a date (YYYY-MM-DD)."))
    if not isinstance(raw, str) or not DATE.fullmatch(raw.strip()):
        raise refusal
    try:
        return date.fromisoformat(raw.strip()).isoformat()
    except ValueError:
        raise refusal from None


def coerce_datetime(raw: object, *, zone: tzinfo = UTC) -> str:
    """Accept ISO 8601; without offset it is meant in `zone`."""
    refusal = ValueRefused(_("Field '%(label)s' must be a date and time (ISO 8601)."))
    if not isinstance(raw, str) or not DATETIME.fullmatch(raw.strip()):
        raise refusal
    try:
        moment = datetime.fromisoformat(raw.strip())
        return (moment if moment.tzinfo else moment.replace(tzinfo=zone)).isoformat()
    except (ValueError, OverflowError):
        raise refusal from None


def coerce_choice(raw: object) -> Choice:
    """Accept what may name an option; whether it does is decided against the options."""
    if isinstance(raw, bool) or not isinstance(raw, str | int):
        raise ValueRefused(_("Field '%(label)s' must be one of its options."))
    return _within_bounds(raw) if isinstance(raw, int) else _storable(raw, longest=MAX_OPTION_VALUE)


def coerce_choices(raw: object) -> list[Choice]:
    """Accept a list of options; a repeated one counts once."""
    if not isinstance(raw, list):
        raise ValueRefused(_("Field '%(label)s' must be a list of its options."))
    if len(raw) > MAX_CHOICES:
        raise ValueRefused(_("Field '%(label)s' has more than %(longest)d entries."), longest=MAX_CHOICES)
    once: dict[str, Choice] = {}
    for entry in raw:
        choice = coerce_choice(entry)
        once.setdefault(str(choice), choice)
    return list(once.values())


def coerce_checkbox(raw: object) -> bool:
    """Accept booleans, 1 and 0, and the words true/1/yes/y and false/0/no/n in any case."""
    if isinstance(raw, int) and raw in (0, 1):
        return bool(raw)
    word = raw.strip().lower() if isinstance(raw, str) else ""
    if word in WORDS_TRUE or word in WORDS_FALSE:
        return word in WORDS_TRUE
    raise ValueRefused(_("Field '%(label)s' must be true or false."))


def coerce_file(raw: object) -> FileValue:
    """Accept `{"name", "content_base64"}`; a value of our own making passes again."""
    if not isinstance(raw, Mapping) or not {"name", "content_base64"} <= raw.keys() <= FileValue.__annotations__.keys():
        raise ValueRefused(_("Field '%(label)s' must be a file: an object with name and content_base64."))
    content = _file_content(raw["content_base64"])
    return FileValue(
        name=_file_name(raw["name"]),
        size=len(content),
        sha256=hashlib.sha256(content).hexdigest(),
        content_base64=base64.b64encode(content).decode("ascii"),
    )


def coerce_secret(raw: object) -> str:
    """Accept the name of a secret."""
    if not isinstance(raw, str) or not SECRET_NAME.fullmatch(raw.strip()):
        raise ValueRefused(_("Field '%(label)s' must be the name of a secret (such as API_TOKEN), never its value."))
    return raw.strip()


COERCIONS: Final[Mapping[FieldType, Coerce]] = {
    FieldType.TEXT: coerce_text,
    FieldType.TEXTAREA: coerce_textarea,
    FieldType.NUMBER: coerce_number,
    FieldType.INTEGER: coerce_integer,
    FieldType.DATE: coerce_date,
    FieldType.DATETIME: coerce_datetime,
    FieldType.SELECT: coerce_choice,
    FieldType.MULTISELECT: coerce_choices,
    FieldType.CHECKBOX: coerce_checkbox,
    FieldType.FILE: coerce_file,
    FieldType.SECRET: coerce_secret,
}


def _storable(raw: object, *, longest: int) -> str:
    if not isinstance(raw, str):
        raise ValueRefused(_("Field '%(label)s' must be text."))
    if len(raw) > longest:
        raise ValueRefused(_("Field '%(label)s' has more than %(longest)d characters."), longest=longest)
    if not is_storable(raw):
        raise ValueRefused(_("Field '%(label)s' has characters that cannot be stored."))
    return raw


def _within_bounds(number: int) -> int:
    if not MIN_INTEGER <= number <= MAX_INTEGER:
        raise ValueRefused(_("Field '%(label)s' is too large a number."))
    return number


def _exact(number: Decimal) -> int | float:
    """Keep whole numbers whole; the exponent is looked at first, because `1e9999` as int would be a huge one."""
    if number.is_zero():
        return 0
    if number.adjusted() > len(str(MAX_INTEGER)):
        raise ValueRefused(_("Field '%(label)s' is too large a number."))
    if number == number.to_integral_value():
        return _within_bounds(int(number))
    rounded = float(number)
    if Decimal(repr(rounded)) != number:
        raise ValueRefused(_("Field '%(label)s' has too many digits to be kept exactly."))
    return rounded


def _file_name(raw: object) -> str:
    name = raw.strip() if isinstance(raw, str) else ""
    unsafe = not is_storable(name) or not is_one_line(name) or "/" in name or "\\" in name or name.startswith(".")
    if not name or unsafe or len(name) > MAX_FILE_NAME:
        raise ValueRefused(_("Field '%(label)s' has a file name that is not allowed."))
    return name


def _file_content(raw: object) -> bytes:
    refusal = ValueRefused(_("Field '%(label)s' has content that is not valid base64."))
    if not isinstance(raw, str) or not raw.isascii():
        raise refusal
    if len(raw) > (MAX_FILE_BYTES + 2) // 3 * 4:
        raise ValueRefused(_("Field '%(label)s' is larger than %(largest)d bytes."), largest=MAX_FILE_BYTES)
    try:
        content = base64.b64decode(raw, validate=True)
    except binascii.Error:
        raise refusal from None
    if len(content) > MAX_FILE_BYTES:
        raise ValueRefused(_("Field '%(label)s' is larger than %(largest)d bytes."), largest=MAX_FILE_BYTES)
    return content
