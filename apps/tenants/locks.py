"""Locks between processes, kept by PostgreSQL: they end with the process that holds them."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from hashlib import blake2b
from typing import cast

from django.db import DEFAULT_DB_ALIAS, OperationalError, connection, connections, transaction
from psycopg.errors import LockNotAvailable

from apps.common.errors import Busy
from apps.tenants.postgresql.base import DatabaseWrapper


def _key(name: str) -> int:
    return int.from_bytes(blake2b(name.encode(), digest_size=8).digest(), signed=True)


@contextmanager
def process_lock(name: str, *, wait: bool = True) -> Iterator[bool]:
    """Holds a lock while the block runs, over any number of transactions; yields whether it was had.

    It has a connection of its own, for migrations may close the thread's. Without ``wait`` it yields False at once
    where somebody else holds it.
    """
    own = cast("DatabaseWrapper", connections.create_connection(DEFAULT_DB_ALIAS))
    own.as_owner = True
    try:
        with own.cursor() as cursor:
            cursor.execute(f"SELECT pg_{'' if wait else 'try_'}advisory_lock(%s)", [_key(name)])
            held = cursor.fetchone()[0] is not False
        yield held
    finally:
        own.close()


def transaction_lock(name: str) -> None:
    """Waits for a lock and holds it until the current transaction ends."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(%s)", [_key(name)])


def transaction_lock_tried(name: str) -> bool:
    """Takes the lock until the current transaction ends, or says False where somebody else holds it."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_try_advisory_xact_lock(%s)", [_key(name)])
        return bool(cursor.fetchone()[0])


@contextmanager
def waiting_at_most(seconds: float) -> Iterator[None]:
    """Each row that the block locks is waited for so long and no longer; then it raises ``Busy``.

    In the caller's transaction, which goes on as it was: what is locked stays so, and later locks wait as ever.
    """
    if not connection.in_atomic_block:
        raise RuntimeError("locks of rows end with their transaction, and there is none")
    try:
        with transaction.atomic(), connection.cursor() as cursor:
            cursor.execute(
                "SELECT current_setting('lock_timeout'), set_config('lock_timeout', %s, true)",
                [f"{int(seconds * 1000)}ms"],
            )
            before = cursor.fetchone()[0]
            yield
            cursor.execute("SELECT set_config('lock_timeout', %s, true)", [before])
    except OperationalError as error:
        if not isinstance(error.__cause__, LockNotAvailable):
            raise
        raise Busy(retry_after=seconds) from error
