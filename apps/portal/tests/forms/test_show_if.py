"""Every operator of `showIf` against answers and against their absence."""

import pytest

from apps.portal.forms.conditions import holds
from apps.portal.forms.schema import Value
from apps.portal.tests.forms.build import entry, form, select

TEXT = entry(key="x")
NUMBER = entry(key="x", type="number")
DATE = entry(key="x", type="date")
DATETIME = entry(key="x", type="datetime")
CHECKBOX = entry(key="x", type="checkbox")
SELECT = select(key="x")
MULTISELECT = select(key="x", type="multiselect")
SECRET = entry(key="x", type="secret")


@pytest.mark.parametrize(
    ("field", "operator", "operand", "holding", "failing"),
    [
        (TEXT, "eq", "a", ["a"], ["b", None]),
        (TEXT, "equals", "a", ["a"], ["b", None]),
        (TEXT, "==", "a", ["a"], ["b", None]),
        (TEXT, "ne", "a", ["b", None], ["a"]),
        (TEXT, "!=", "a", ["b", None], ["a"]),
        (TEXT, "in", ["a", "b"], ["a", "b"], ["c", None]),
        (TEXT, "not_in", ["a", "b"], ["c", None], ["a", "b"]),
        (TEXT, "contains", "ar", ["mar"], ["mais", None]),
        (TEXT, "filled", None, ["a"], [None]),
        (TEXT, "not_empty", None, ["a"], [None]),
        (TEXT, "empty", None, [None], ["a"]),
        (NUMBER, "eq", "5.0", [5], [5.5, None]),
        (NUMBER, "gt", 5, [5.1], [5, None]),
        (NUMBER, ">=", 5, [5, 6], [4.9, None]),
        (NUMBER, "<", 5, [4], [5, None]),
        (NUMBER, "lte", 5, [5], [6, None]),
        (DATE, "gt", "2026-01-31", ["2026-02-01"], ["2026-01-31", None]),
        (DATETIME, "eq", "2026-01-01T10:00Z", ["2026-01-01T11:00:00+01:00"], ["2026-01-01T11:00:00+00:00", None]),
        (DATETIME, "lt", "2026-01-01T10:00Z", ["2026-01-01T10:30:00+01:00"], ["2026-01-01T09:30:00-01:00", None]),
        (CHECKBOX, "eq", "yes", [True], [False, None]),
        (CHECKBOX, "eq", False, [False], [True, None]),
        (SELECT, "in", ["a"], ["a"], ["b", None]),
        (MULTISELECT, "contains", "a", [["b", "a"]], [["b"], None]),
        (SECRET, "filled", None, ["API_TOKEN"], [None]),
    ],
)
def test_it_works(
    field: dict[str, object], operator: str, operand: object, holding: list[Value | None], failing: list[Value | None]
) -> None:
    schema = form(field, entry(showIf={"field": "x", "operator": operator, "value": operand}))
    condition = schema.fields[1].show_if
    for answers, expected in ((holding, True), (failing, False)):
        for answer in answers:
            values = {} if answer is None else {"x": answer}
            assert holds(condition, schema.by_key, values) is expected, answer


def test_a_field_without_condition_is_always_asked() -> None:
    assert holds(None, {}, {})
