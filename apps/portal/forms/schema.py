"""The shape of a form once it has been checked: frozen and typed. `parsing.py` builds it from JSON."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum, auto
from types import MappingProxyType
from typing import TypeAlias, TypedDict


class FieldType(StrEnum):
    """The eleven kinds of question a form may ask; on the wire each is its own name in lower case."""

    TEXT = auto()
    TEXTAREA = auto()
    NUMBER = auto()
    INTEGER = auto()
    DATE = auto()
    DATETIME = auto()
    SELECT = auto()
    MULTISELECT = auto()
    CHECKBOX = auto()
    FILE = auto()
    SECRET = auto()


TEXTS = frozenset({FieldType.TEXT, FieldType.TEXTAREA})
NUMBERS = frozenset({FieldType.NUMBER, FieldType.INTEGER})
TIMES = frozenset({FieldType.DATE, FieldType.DATETIME})
SELECTS = frozenset({FieldType.SELECT, FieldType.MULTISELECT})
SINGLES = TEXTS | NUMBERS | TIMES | {FieldType.SELECT, FieldType.CHECKBOX}
"""Types whose answer is one plain value that can be compared."""


class Operator(StrEnum):
    """How `showIf` compares the answer of an earlier field."""

    EQUAL = "eq"
    NOT_EQUAL = "ne"
    IN = "in"
    NOT_IN = "not_in"
    GREATER = "gt"
    GREATER_OR_EQUAL = "gte"
    LESS = "lt"
    LESS_OR_EQUAL = "lte"
    CONTAINS = "contains"
    FILLED = "filled"
    EMPTY = "empty"


class FileValue(TypedDict):
    """A small file that travels inside the parameters; size in bytes, sha256 in hex, both computed by us."""

    name: str
    size: int
    sha256: str
    content_base64: str


Scalar: TypeAlias = str | int | float | bool
Choice: TypeAlias = str | int
Value: TypeAlias = Scalar | list[Choice] | FileValue
"""An answer after coercion. Always plain JSON: dates and times are ISO 8601 text."""

Values: TypeAlias = dict[str, Value]
"""Answers by field key, in the order of the form; an absent answer has no key."""


@dataclass(frozen=True, slots=True)
class Option:
    """One entry of a select."""

    label: str
    value: Choice


@dataclass(frozen=True, slots=True)
class OptionsFrom:
    """Where live options come from: a provider's name and the filter it understands."""

    provider: str
    filter: Mapping[str, Scalar]


@dataclass(frozen=True, slots=True)
class Validation:
    """Bounds and pattern. They bound the length of text, the value of numbers and dates, the count of choices."""

    minimum: Scalar | None = None
    maximum: Scalar | None = None
    regex: str | None = None


@dataclass(frozen=True, slots=True)
class Condition:
    """`showIf`: the field is asked only while an earlier field's answer fits."""

    field: str
    operator: Operator
    operands: tuple[Scalar, ...] = ()


@dataclass(frozen=True, slots=True)
class Field:
    """One question of the form."""

    key: str
    label: str
    type: FieldType
    required: bool = False
    default: Value | None = None
    help_text: str = ""
    placeholder: str = ""
    validation: Validation = Validation()
    options: tuple[Option, ...] = ()
    options_from: OptionsFrom | None = None
    depends_on: tuple[str, ...] = ()
    show_if: Condition | None = None


@dataclass(frozen=True, slots=True)
class FormSchema:
    """A checked form. Fields refer only to earlier fields, so one pass in order decides everything."""

    fields: tuple[Field, ...] = ()
    by_key: Mapping[str, Field] = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "by_key", MappingProxyType({entry.key: entry for entry in self.fields}))
