"""Short ways to write a form in a test."""

from collections.abc import Collection, Mapping

from apps.portal.forms.parsing import parse_form_schema
from apps.portal.forms.schema import Choice, Field, FormSchema, Option, Value


def entry(**changes: object) -> dict[str, object]:
    """Return the JSON of one plain field."""
    return {"key": "periodo", "label": "Período", "type": "text"} | changes


def form(*entries: Mapping[str, object]) -> FormSchema:
    """Parse a form of these fields."""
    return parse_form_schema({"fields": [dict(item) for item in entries]})


def select(**changes: object) -> dict[str, object]:
    """Return the JSON of a select with the options a and b."""
    return entry(type="select", options=[{"label": "A", "value": "a"}, {"label": "B", "value": "b"}]) | changes


class TableOptions:
    """Live options from a table: `(field key, parent answers) → values`."""

    def __init__(self, table: Mapping[tuple[str, tuple[Choice, ...]], list[Choice]]) -> None:
        self.table = table
        self.asked: list[tuple[str, set[str] | None]] = []

    def __call__(
        self, field: Field, depends: Mapping[str, Value], only: Collection[str] | None = None
    ) -> tuple[Option, ...]:
        """Resolve one field."""
        self.asked.append((field.key, None if only is None else set(only)))
        if field.options:
            return field.options
        parents = tuple(value for value in depends.values() if isinstance(value, str | int))
        return tuple(Option(label=str(value), value=value) for value in self.table.get((field.key, parents), []))
