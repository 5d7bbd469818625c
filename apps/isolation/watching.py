"""What happens beside the answer: lines of the log, and writes to somebody's tables."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from contextlib import contextmanager

import structlog
from django.db import connection
from psycopg.pq import TransactionStatus

# Counters of the transaction at hand; what they held before is flushed when it ends.
_WRITTEN = """
    SELECT string_agg(relname, ', ' ORDER BY relname), pg_stat_force_next_flush()::text
    FROM pg_stat_xact_user_tables WHERE schemaname = %s AND n_tup_ins + n_tup_upd + n_tup_del > 0
"""


class Lines(logging.Handler):
    """Keeps log lines as they would be written, errors with their tracebacks."""

    def __init__(self) -> None:
        super().__init__()
        self._lines: list[str] = []
        self.setFormatter(
            structlog.stdlib.ProcessorFormatter(
                processors=[
                    structlog.stdlib.ProcessorFormatter.remove_processors_meta,
                    structlog.processors.format_exc_info,
                    structlog.processors.JSONRenderer(default=str),
                ]
            )
        )

    def emit(self, record: logging.LogRecord) -> None:
        self._lines.append(self.format(record))

    def taken(self) -> bytes:
        """What was logged since it was asked for last."""
        lines, self._lines = self._lines, []
        return "\n".join(lines).encode()


@contextmanager
def lines_logged() -> Iterator[Lines]:
    """Collects what is logged, in place of writing it."""
    root, lines = logging.getLogger(), Lines()
    before, root.handlers = root.handlers, [lines]
    try:
        yield lines
    finally:
        root.handlers = before


def tables_written(schema: str) -> str:
    """Names of a schema's tables that the transaction at hand has written to, rolled back savepoints included.

    None where it has failed: PostgreSQL answers nothing then, and keeps nothing.
    """
    if connection.connection.info.transaction_status == TransactionStatus.INERROR:
        return ""
    with connection.cursor() as cursor:
        cursor.execute(_WRITTEN, [schema])
        return str(cursor.fetchone()[0] or "")


def writes_forget() -> None:
    """What was written up to now is not counted again: for cases that write to those tables themselves."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_stat_force_next_flush()")
