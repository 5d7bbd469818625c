"""From the JSON an author wrote to a `FormSchema`, or to the list of what is wrong with it, field by field."""

import json
import re
from collections.abc import Collection, Mapping
from typing import Final, Protocol

from django.utils.translation import gettext as _

from apps.portal.forms.choices import parse_options, pick
from apps.portal.forms.coercion import coerce, is_blank
from apps.portal.forms.conditions import parse_condition
from apps.portal.forms.errors import Problem, Refused, SchemaInvalid, UnknownReference, ValueRefused, problem_of
from apps.portal.forms.limits import (
    MAX_DEPENDENCIES,
    MAX_FIELDS,
    MAX_FILTER_ENTRIES,
    MAX_FILTER_VALUE,
    MAX_HELP_TEXT,
    MAX_KEY,
    MAX_LABEL,
    MAX_PLACEHOLDER,
    MAX_SCHEMA_BYTES,
)
from apps.portal.forms.reading import ObjectReader, check_text
from apps.portal.forms.rules import check_rules, parse_validation
from apps.portal.forms.schema import (
    SELECTS,
    Field,
    FieldType,
    FormSchema,
    Option,
    OptionsFrom,
    Scalar,
    Validation,
    Value,
)
from apps.portal.forms.texts import printable

KEY: Final = re.compile(r"[A-Za-z][A-Za-z0-9_]{0,79}")


class FilterCheck(Protocol):
    """Raises `Refused` when nobody provides such options or the provider does not know the filter."""

    def __call__(self, source: OptionsFrom) -> None:
        """Check one `optionsFrom`."""


def parse_form_schema(data: object, *, check_filter: FilterCheck | None = None) -> FormSchema:
    """Return the checked form.

    Raises `SchemaInvalid`; its problems read `Field 'periodo', validation.regex: …`. Without `check_filter` the
    names of providers are not looked at (a stored form is read that way: it was checked when it was saved).
    """
    try:
        check_plain_json(data, rule="form_schema_json", largest=MAX_SCHEMA_BYTES)
        reader = ObjectReader(data)
        entries = reader.list("fields", longest=MAX_FIELDS)
        reader.finish()
    except Refused as refusal:
        raise SchemaInvalid([problem_of(refusal)]) from refusal
    return FormSchema(fields=_parse_fields(entries, check_filter))


def check_plain_json(data: object, *, rule: str, largest: int) -> None:
    """Refuse a huge document before looking into it; also what is no JSON at all, such as NaN."""
    try:
        size = len(json.dumps(data, allow_nan=False))
    except (TypeError, ValueError, RecursionError) as refusal:
        raise Refused(rule, _("is not plain JSON.")) from refusal
    if size > largest:
        raise Refused(rule, _("is larger than %(largest)d bytes.") % {"largest": largest})


def check_value(field_type: FieldType, validation: Validation, options: tuple[Option, ...], raw: object) -> Value:
    """Return the coerced value if it keeps the field's own rules, else raise `ValueRefused`.

    Live options are not looked at here: they depend on who asks and on when.
    """
    value = coerce(field_type, raw)
    if options:
        value = pick(value, options)
    check_rules(field_type, validation, value)
    return value


def _parse_fields(entries: list[object], check_filter: FilterCheck | None) -> tuple[Field, ...]:
    """Read every field and collect one problem per broken one; what only follows from another problem is left out."""
    earlier: dict[str, Field] = {}
    problems: list[Problem] = []
    for number, entry in enumerate(entries, start=1):
        try:
            field = _parse_field(entry, earlier, check_filter)
        except Refused as refusal:
            if not (problems and isinstance(refusal, UnknownReference)):
                text = f"{_name(entry, number)}, {refusal}"
                problems.append(Problem(text, refusal.rule, refusal.message, number))
        else:
            earlier[field.key] = field
    if problems:
        raise SchemaInvalid(problems)
    return tuple(earlier.values())


def _name(entry: object, number: int) -> str:
    """Name a broken field by its key, or by its place while the key itself is not usable."""
    key = entry.get("key") if isinstance(entry, Mapping) else None
    if isinstance(key, str) and key.strip():
        return _("Field '%(key)s'") % {"key": printable(key)}
    return _("Field number %(number)d") % {"number": number}


def _parse_field(entry: object, earlier: Mapping[str, Field], check_filter: FilterCheck | None) -> Field:
    reader = ObjectReader(entry)
    key = _parse_key(reader.take("key"), taken=earlier)
    label = reader.needed_text("label", longest=MAX_LABEL)
    field_type = _parse_type(reader.take("type"))
    options, source = _parse_sources(reader, field_type, check_filter)
    validation = parse_validation(reader.take("validation"), field_type)
    field = Field(
        key=key,
        label=label,
        type=field_type,
        required=reader.flag("required"),
        default=_parse_default(reader.take("default"), label, field_type, validation, options),
        help_text=reader.text("helpText", longest=MAX_HELP_TEXT, one_line=False),
        placeholder=reader.text("placeholder", longest=MAX_PLACEHOLDER, one_line=False),
        validation=validation,
        options=options,
        options_from=source,
        depends_on=_parse_depends_on(reader.take("dependsOn"), source, earlier),
        show_if=parse_condition(reader.take("showIf"), earlier),
    )
    reader.finish()
    return field


def _parse_key(raw: object, *, taken: Collection[str]) -> str:
    if not isinstance(raw, str) or not KEY.fullmatch(raw):
        raise Refused("key", _("must be a letter, then letters, digits or _, 1 to 80 in all."))
    if raw in taken:
        raise Refused("key", _("is used by an earlier field."))
    return raw


def _parse_type(raw: object) -> FieldType:
    if not isinstance(raw, str) or raw not in list(FieldType):
        raise Refused("type", _("must be one of: %(names)s.") % {"names": ", ".join(FieldType)})
    return FieldType(raw)


def _parse_sources(
    reader: ObjectReader, field_type: FieldType, check_filter: FilterCheck | None
) -> tuple[tuple[Option, ...], OptionsFrom | None]:
    """Read `options` and `optionsFrom`: a select needs exactly one of them, nothing else may have either."""
    options, source = reader.take("options"), reader.take("optionsFrom")
    if field_type not in SELECTS:
        for rule, raw in (("options", options), ("optionsFrom", source)):
            if raw is not None:
                raise Refused(rule, _("has no meaning for type %(type)s.") % {"type": field_type.value})
        return (), None
    if (options is None) == (source is None):
        raise Refused("options", _("a select needs either options or optionsFrom."))
    return (parse_options(options), None) if source is None else ((), _parse_source(source, check_filter))


def _parse_source(raw: object, check_filter: FilterCheck | None) -> OptionsFrom:
    reader = ObjectReader(raw, path="optionsFrom")
    provider = reader.needed_text("provider", longest=MAX_KEY)
    source = OptionsFrom(provider=provider, filter=_parse_filter(reader.take("filter")))
    reader.finish()
    if check_filter is not None:
        check_filter(source)
    return source


def _parse_filter(raw: object) -> dict[str, Scalar]:
    rule = "optionsFrom.filter"
    if raw is None:
        return {}
    if not isinstance(raw, Mapping) or len(raw) > MAX_FILTER_ENTRIES:
        raise Refused(rule, _("must be an object of at most %(longest)d entries.") % {"longest": MAX_FILTER_ENTRIES})
    checked: dict[str, Scalar] = {}
    for key, value in raw.items():
        check_text(key, rule=rule, longest=MAX_KEY)
        if isinstance(value, str):
            check_text(value, rule=f"{rule}.{key}", longest=MAX_FILTER_VALUE)
        elif not isinstance(value, int | float):
            raise Refused(f"{rule}.{key}", _("must be text, a number or a boolean."))
        checked[key] = value
    return checked


def _parse_default(
    raw: object, label: str, field_type: FieldType, validation: Validation, options: tuple[Option, ...]
) -> Value | None:
    """Read a default as an answer would be read; a blank one is none."""
    if is_blank(raw):
        return None
    if field_type is FieldType.FILE:
        raise Refused("default", _("has no meaning for type %(type)s.") % {"type": field_type.value})
    try:
        return check_value(field_type, validation, options, raw)
    except ValueRefused as refusal:
        raise Refused("default", refusal.describe(label)) from refusal


def _parse_depends_on(raw: object, source: OptionsFrom | None, earlier: Mapping[str, Field]) -> tuple[str, ...]:
    """Read the keys of the earlier fields whose answers narrow the live options."""
    if is_blank(raw):
        return ()
    if source is None:
        raise Refused("dependsOn", _("has a meaning only beside optionsFrom."))
    keys = raw if isinstance(raw, list) else [raw]
    if len(keys) > MAX_DEPENDENCIES:
        raise Refused("dependsOn", _("has more than %(longest)d entries.") % {"longest": MAX_DEPENDENCIES})
    return tuple(dict.fromkeys(_earlier_key(key, earlier) for key in keys))


def _earlier_key(raw: object, earlier: Mapping[str, Field]) -> str:
    key = check_text(raw, rule="dependsOn", longest=MAX_KEY)
    if key not in earlier:
        raise UnknownReference("dependsOn", _("'%(key)s' is not an earlier field.") % {"key": key})
    if earlier[key].type in {FieldType.FILE, FieldType.SECRET}:
        raise Refused("dependsOn", _("'%(key)s' is a file or a secret.") % {"key": key})
    return key
