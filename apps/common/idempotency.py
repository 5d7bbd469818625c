"""Once for each ``Idempotency-Key``: the effect and the stored answer commit in one transaction.

Nothing marks a request as running but an advisory lock of its transaction. So two at the same instant have one effect,
and a process or a connection that dies leaves nothing to clean up: its transaction is rolled back and its lock is gone.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from datetime import datetime, timedelta

import orjson
from django.db import InterfaceError, OperationalError, connection

from apps.common.errors import IdempotencyInProgress, IdempotencyKeyReused
from apps.common.models import IdempotencyRecord
from apps.common.sealing import Unsealable, derived_key, keyed_digest, seal, unseal

KEPT_FOR = timedelta(hours=24)
_LOCK_BYTES = 8
_PURGED_ON_THE_WAY = 5  # more than comes in, so that what has expired ends by itself while keys are in use


class OutsideTransactionError(RuntimeError):
    """A key was claimed where its effect could commit without its answer."""


@dataclass(frozen=True, slots=True)
class Answer:
    """What was answered, as it goes over the wire."""

    status: int
    headers: dict[str, str]
    body: bytes

    def packed(self) -> bytes:
        return orjson.dumps([self.status, self.headers]) + b"\n" + self.body

    @classmethod
    def unpacked(cls, packed: bytes) -> Answer:
        head, _newline, body = packed.partition(b"\n")
        status, headers = orjson.loads(head)
        return cls(status, headers, body)


@dataclass(frozen=True, slots=True)
class Claim:
    """One key of one actor for one route, and the request it came with.

    The database holds neither key nor request nor answer in readable form: digests, and the answer sealed under a key
    that takes both SECRET_KEY and the ``Idempotency-Key`` to derive.
    """

    scope: str
    key: str = field(repr=False)
    request: bytes = field(repr=False)

    @property
    def digest(self) -> bytes:
        """Names the claim within the whole database."""
        text = "\n".join((getattr(connection, "schema_name", ""), self.scope, self.key))
        return keyed_digest(derived_key("idempotency-name"), text.encode())

    def _secret(self) -> bytes:
        return derived_key("idempotency-answer", self.key)

    @contextmanager
    def begun(self) -> Iterator[None]:
        """Lets nobody else begin the same while the block runs, without any transaction.

        For work ahead of the transaction, which two would do in vain. That the effect is one is the promise of ``take``
        alone: this lock is lost with the connection. Raises ``IdempotencyInProgress``.
        """
        if not _lock("pg_try_advisory_lock", self.digest):
            raise IdempotencyInProgress(retry_after=1)
        try:
            yield
        finally:
            with suppress(OperationalError, InterfaceError):  # a connection that is gone holds nothing
                _lock("pg_advisory_unlock", self.digest)

    def take(self, *, now: datetime) -> Answer | None:
        """Claims the key until the transaction ends; returns the stored answer where it was used before.

        Raises ``IdempotencyInProgress`` while another transaction holds it, ``IdempotencyKeyReused`` where it was used
        with another request, ``OutsideTransactionError`` without a transaction.
        """
        if not connection.in_atomic_block:
            raise OutsideTransactionError
        if not _lock("pg_try_advisory_xact_lock", self.digest):
            raise IdempotencyInProgress(retry_after=1)
        return self.answered(now=now)

    def answered(self, *, now: datetime) -> Answer | None:
        """The stored answer where the key was used before. Raises ``IdempotencyKeyReused``."""
        digest = self.digest
        record = IdempotencyRecord.objects.filter(digest=digest.hex()).first()
        if record is None:
            return None
        if record.expires_at <= now:
            record.delete()
            return None
        if record.request_digest != self._request_digest():
            raise IdempotencyKeyReused
        try:
            return Answer.unpacked(unseal(self._secret(), bytes(record.answer), bound_to=digest))
        except Unsealable:  # only a tampered row; whoever holds the key must not run the effect again because of it
            raise IdempotencyKeyReused from None

    def keep(self, answer: Answer, *, now: datetime) -> None:
        """Stores the answer for a day, in the transaction of the effect; takes a few expired ones away on the way."""
        idempotency_purge(now=now, limit=_PURGED_ON_THE_WAY)
        digest = self.digest
        IdempotencyRecord.objects.create(
            digest=digest.hex(),
            request_digest=self._request_digest(),
            answer=seal(self._secret(), answer.packed(), bound_to=digest),
            created_at=now,
            expires_at=now + KEPT_FOR,
        )

    def _request_digest(self) -> str:
        return keyed_digest(self._secret(), self.request).hex()


def _lock(function: str, digest: bytes) -> bool:
    """What PostgreSQL's ``function`` says of the advisory lock that stands for the digest."""
    number = int.from_bytes(digest[:_LOCK_BYTES], "big", signed=True)
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT {function}(%s)", [number])
        return bool(cursor.fetchone()[0])


def idempotency_purge(*, now: datetime, limit: int = 10_000) -> int:
    """Removes up to ``limit`` expired answers of the current schema; returns how many.

    No actor: housekeeping, which takes nothing from anybody.
    """
    expired = IdempotencyRecord.objects.filter(expires_at__lte=now).order_by("expires_at").values("pk")
    mine = expired.select_for_update(skip_locked=True)[:limit]  # somebody else removes the others at the same time
    return IdempotencyRecord.objects.filter(pk__in=mine).delete()[0]
