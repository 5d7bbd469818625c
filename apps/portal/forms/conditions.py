"""`showIf`: a field is asked only while the answer of an earlier field fits.

`{"field", "operator", "value"}` with the operators eq, ne, in, not_in, gt, gte, lt, lte, contains, filled, empty
(and the usual other spellings, see `SPELLINGS`). An absent answer equals nothing, contains nothing and has no order.
"""

from collections.abc import Callable, Mapping
from operator import ge, gt, le, lt
from typing import Final

from django.utils.translation import gettext as _

from apps.portal.forms.choices import pick
from apps.portal.forms.coercion import coerce, coerce_choice
from apps.portal.forms.comparison import ORDERED, measure
from apps.portal.forms.errors import Refused, UnknownReference, ValueRefused
from apps.portal.forms.limits import MAX_KEY, MAX_OPTIONS
from apps.portal.forms.reading import ObjectReader
from apps.portal.forms.schema import SELECTS, SINGLES, TEXTS, Condition, Field, FieldType, Operator, Scalar, Value

SPELLINGS: Final[Mapping[str, Operator]] = {operator.value: operator for operator in Operator} | {
    "equals": Operator.EQUAL,
    "==": Operator.EQUAL,
    "not_equals": Operator.NOT_EQUAL,
    "!=": Operator.NOT_EQUAL,
    ">": Operator.GREATER,
    ">=": Operator.GREATER_OR_EQUAL,
    "<": Operator.LESS,
    "<=": Operator.LESS_OR_EQUAL,
    "not_empty": Operator.FILLED,
}

PRESENCE: Final = frozenset({Operator.FILLED, Operator.EMPTY})
MEMBERSHIP: Final = frozenset({Operator.IN, Operator.NOT_IN})
COMPARISONS: Final[Mapping[Operator, Callable[[float, float], bool]]] = {
    Operator.GREATER: gt,
    Operator.GREATER_OR_EQUAL: ge,
    Operator.LESS: lt,
    Operator.LESS_OR_EQUAL: le,
}
NEGATIONS: Final[Mapping[Operator, Operator]] = {
    Operator.NOT_EQUAL: Operator.EQUAL,
    Operator.NOT_IN: Operator.IN,
    Operator.EMPTY: Operator.FILLED,
}
SUITABLE: Final[Mapping[Operator, frozenset[FieldType]]] = {
    Operator.EQUAL: SINGLES,
    Operator.NOT_EQUAL: SINGLES,
    Operator.IN: SINGLES,
    Operator.NOT_IN: SINGLES,
    Operator.GREATER: ORDERED,
    Operator.GREATER_OR_EQUAL: ORDERED,
    Operator.LESS: ORDERED,
    Operator.LESS_OR_EQUAL: ORDERED,
    Operator.CONTAINS: TEXTS | {FieldType.MULTISELECT},
    Operator.FILLED: frozenset(FieldType),
    Operator.EMPTY: frozenset(FieldType),
}


def parse_condition(raw: object, earlier: Mapping[str, Field]) -> Condition | None:
    """Return the condition, or refuse one that could never be decided."""
    if raw is None:
        return None
    reader = ObjectReader(raw, path="showIf")
    key = reader.needed_text("field", longest=MAX_KEY)
    if key not in earlier:
        raise UnknownReference(reader.rule("field"), _("'%(key)s' is not an earlier field.") % {"key": key})
    operator = _parse_operator(reader.take("operator"), earlier[key], rule=reader.rule("operator"))
    operands = _parse_operands(reader.take("value"), earlier[key], operator, rule=reader.rule("value"))
    reader.finish()
    return Condition(field=key, operator=operator, operands=operands)


def holds(condition: Condition | None, earlier: Mapping[str, Field], values: Mapping[str, Value]) -> bool:
    """Say whether the field is asked, given the answers so far."""
    if condition is None:
        return True
    answer, field_type = values.get(condition.field), earlier[condition.field].type
    negated = condition.operator in NEGATIONS
    operator = NEGATIONS.get(condition.operator, condition.operator)
    return (answer is not None and _fits(operator, field_type, answer, condition.operands)) is not negated


def _fits(operator: Operator, field_type: FieldType, answer: Value, operands: tuple[Scalar, ...]) -> bool:
    if operator is Operator.FILLED:
        return True
    if operator is Operator.CONTAINS:
        return operands[0] in answer if isinstance(answer, list) else str(operands[0]) in str(answer)
    if operator in COMPARISONS:
        return COMPARISONS[operator](measure(field_type, answer), measure(field_type, operands[0]))
    return any(_same(field_type, answer, operand) for operand in operands)


def _same(field_type: FieldType, answer: Value, operand: Scalar) -> bool:
    """Compare by meaning where there is an order: `2026-01-01T10:00Z` is `2026-01-01T11:00+01:00`."""
    if field_type in ORDERED:
        return measure(field_type, answer) == measure(field_type, operand)
    return answer == operand


def _parse_operator(raw: object, field: Field, *, rule: str) -> Operator:
    operator = SPELLINGS.get(raw) if isinstance(raw, str) else None
    if operator is None:
        raise Refused(rule, _("must be one of: %(names)s.") % {"names": ", ".join(Operator)})
    if field.type not in SUITABLE[operator]:
        text = _("%(operator)s does not apply to a field of type %(type)s.")
        raise Refused(rule, text % {"operator": operator.value, "type": field.type.value})
    return operator


def _parse_operands(raw: object, field: Field, operator: Operator, *, rule: str) -> tuple[Scalar, ...]:
    if operator in PRESENCE:
        if raw is not None:
            raise Refused(rule, _("%(operator)s takes no value.") % {"operator": operator.value})
        return ()
    if operator not in MEMBERSHIP:
        return (_operand(raw, field, rule=rule),)
    if not isinstance(raw, list) or not 1 <= len(raw) <= MAX_OPTIONS:
        raise Refused(rule, _("must be a list of 1 to %(longest)d values.") % {"longest": MAX_OPTIONS})
    return tuple(_operand(entry, field, rule=rule) for entry in raw)


def _operand(raw: object, field: Field, *, rule: str) -> Scalar:
    """Read the value as the other field would: a condition on an option that does not exist could never hold."""
    try:
        value = coerce_choice(raw) if field.type in SELECTS else coerce(field.type, raw)
        if field.type in SELECTS and field.options:
            value = pick(value, field.options)
    except ValueRefused as refusal:
        raise Refused(rule, refusal.describe(field.label)) from refusal
    if not isinstance(value, str | int | float):
        raise Refused(rule, _("must be one plain value."))
    return value
