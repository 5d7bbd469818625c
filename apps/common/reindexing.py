"""For migrations that change indexes alone, in thousands of schemas."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from django.db.migrations import RunSQL
from django.db.migrations.operations.base import Operation
from django.db.migrations.state import ProjectState


class Reindex(RunSQL):
    """Drops and makes indexes and renames constraints by name; fields and models change on paper alone.

    ``AlterField`` would make a foreign key anew, and read both tables for it, or a unique constraint and its index. And
    after each field Django would make most of its models anew, which takes a second in each schema; here they are made
    once, by what comes next. Indexes are told as name → ``table (columns)``, constraints as table → (name, new name).
    """

    def __init__(
        self,
        *,
        dropped: Mapping[str, str],
        made: Mapping[str, str] | None = None,
        renamed: Mapping[str, tuple[str, str]] | None = None,
        state: Sequence[Operation],
    ) -> None:
        made, renames = made or {}, (renamed or {}).items()
        back = [(table, (new, old)) for table, (old, new) in renames]
        super().__init__(
            [*_drop(dropped), *_make(made), *_rename(renames)],
            [*_rename(back), *_drop(made), *_make(dropped)],
            state_operations=state,
        )

    def state_forwards(self, app_label: str, state: ProjectState) -> None:
        if "apps" in state.__dict__:
            del state.apps  # or each operation would bring it up to date
        super().state_forwards(app_label, state)


def _drop(indexes: Mapping[str, str]) -> list[str]:
    return [f"DROP INDEX {name}" for name in indexes]


def _make(indexes: Mapping[str, str]) -> list[str]:
    return [f"CREATE INDEX {name} ON {columns}" for name, columns in indexes.items()]


def _rename(constraints: Iterable[tuple[str, tuple[str, str]]]) -> list[str]:
    return [f"ALTER TABLE {table} RENAME CONSTRAINT {old} TO {new}" for table, (old, new) in constraints]
