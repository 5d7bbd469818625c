"""Many lines written at once: all of them or none, and what was wrong with each."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from django.db import transaction

from apps.common.errors import ApplicationError, Text
from apps.common.turns import table_turn

Lines = Mapping[int, Mapping[str, Any]]
"""Values by name, of each line by its number in the file."""


class Change(StrEnum):
    """What became of a line."""

    CREATED = "created"
    UPDATED = "updated"
    UNCHANGED = "unchanged"


@dataclass(frozen=True, slots=True)
class LineError:
    """What a line was refused for; ``field`` is empty where it is about the whole line."""

    line: int
    field: str
    message: Text


@dataclass(frozen=True, slots=True)
class Imported:
    """What became of each line, or would; with an error, nothing was written."""

    changes: Mapping[int, Change]
    errors: Sequence[LineError]

    def count(self, change: Change) -> int:
        return sum(each is change for each in self.changes.values())


def lines_written(lines: Lines, write: Callable[[Mapping[str, Any]], Change], *, dry_run: bool) -> Imported:
    """Calls ``write`` for each line, in one transaction that is taken back on a dry run and where a line is refused.

    Raises ``TooManyRequests`` while the organization has another table read.
    """
    changes, errors = {}, list[LineError]()
    with table_turn(), transaction.atomic():
        for number, values in lines.items():
            try:
                with transaction.atomic():
                    changes[number] = write(values)
            except ApplicationError as error:
                errors += _told(number, error)
        if dry_run or errors:
            transaction.set_rollback(True)
    return Imported(changes, errors)


def _told(number: int, error: ApplicationError) -> Iterator[LineError]:
    for field, texts in (error.errors or {"": [error.detail]}).items():
        yield from (LineError(number, field, text) for text in texts)
