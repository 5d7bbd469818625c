"""Mails of every organization: noted in the transaction of what they tell of, sent after it, forgotten then.

A row is claimed for a while, its letter is written, sent outside of any transaction, and the row deleted. So none is
lost; where a worker dies between the last two, its mail goes out once more.
"""

from __future__ import annotations

import time
from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import structlog
from django.conf import settings
from django.db import connection, transaction
from django.db.models import QuerySet
from django.utils import translation

from apps.common.actor import Actor
from apps.common.errors import ApplicationError
from apps.events.services import record
from apps.mail.errors import MailServerAway
from apps.mail.letters import Letter, Order, written
from apps.mail.models import MailState, OutgoingMail
from apps.mail.rings import ring
from apps.mail.transport import send
from apps.tenants.context import public_context, require_tenant, tenant_context
from apps.tenants.models import Organization

logger = structlog.get_logger(__name__)
CLAIM = timedelta(minutes=5)  # longer than any server may take
FIRST_PAUSE, LONGEST_PAUSE = timedelta(seconds=15), timedelta(minutes=15)
KEPT = timedelta(days=30)
TICK_SECONDS = 8.0  # a tick ends before the next one comes
AWAY_SECONDS = 15.0
_away_until = 0.0


class NoTransactionError(RuntimeError):
    """A mail was ordered outside the transaction of what it tells of."""


def mail_order(*, kind: str, data: Mapping[str, Any], life: timedelta, now: datetime) -> None:
    """Orders a mail of the current organization, in the caller's transaction; after commit a worker is rung.

    ``data`` holds ids: what the mail says is only written when it is sent. It is given up after ``life``. No actor: the
    service that wants the mail has checked the right. Raises ``NoTransactionError``.
    """
    schema = require_tenant()
    if not connection.in_atomic_block:
        raise NoTransactionError
    with public_context():
        mail = OutgoingMail.objects.create(
            schema_name=schema,
            kind=kind,
            data=dict(data),
            language=translation.get_language() or settings.LANGUAGE_CODE,
            available_at=now,
            expires_at=now + life,
            created_at=now,
        )
    transaction.on_commit(lambda: ring(mail.pk))


def mail_deliver(*, mail_id: UUID, now: datetime) -> None:
    """Sends a mail if it is due and nobody else is at it; leaves it to the tick where the server was just away.

    So many rings for a server that does not answer hold no worker up. No actor: the one who ordered it is on record.
    """
    if settings.MAIL_DELIVERY == "off" or time.monotonic() < _away_until:
        logger.warning("mail_waits_for_a_server", mail_id=str(mail_id))
        return
    with public_context():
        mail = _claim(OutgoingMail.objects.filter(pk=mail_id), now=now)
        if mail is not None:
            _deliver(mail, now=now)


def mails_deliver(*, now: datetime) -> int:
    """Sends what is due, the oldest first, for some seconds; returns how many it tried.

    Gives up those whose time is over. Stops where the server does not answer: it would not answer the next one either.
    No actor: as :func:`mail_deliver`.
    """
    with public_context():
        overdue = OutgoingMail.objects.filter(state=MailState.WAITING, expires_at__lte=now, available_at__lte=now)
        for late in overdue:
            _give_up(late, late.error or "expired", now=now)
        tried, deadline = 0, time.monotonic() + TICK_SECONDS
        while settings.MAIL_DELIVERY != "off" and time.monotonic() < deadline:
            mail = _claim(OutgoingMail.objects.order_by("available_at"), now=now)
            if mail is None or not _deliver(mail, now=now):
                break
            tried += 1
    return tried


def mails_forget(*, now: datetime) -> int:
    """Deletes what was sent (and kept) or failed a month ago; returns how many. No actor: housekeeping."""
    with public_context():
        return OutgoingMail.objects.exclude(state=MailState.WAITING).filter(created_at__lt=now - KEPT).delete()[0]


def _claim(mails: QuerySet[OutgoingMail], *, now: datetime) -> OutgoingMail | None:
    """The first of them that is due, put out of everybody else's reach for a while."""
    due = mails.filter(state=MailState.WAITING, available_at__lte=now, expires_at__gt=now)
    with transaction.atomic():
        mail = due.select_for_update(skip_locked=True).first()
        if mail is not None:
            mail.attempts, mail.available_at = mail.attempts + 1, now + CLAIM
            mail.save(update_fields=["attempts", "available_at"])
    return mail


def _deliver(mail: OutgoingMail, *, now: datetime) -> bool:
    """Writes and sends a claimed mail; returns whether the server answers."""
    try:
        letter = _written(mail, now=now)
        if letter is not None:
            send(letter, mail_id=mail.pk)
    except ApplicationError as error:
        logger.warning("mail_not_sent", mail_id=str(mail.pk), kind=mail.kind, reason=error.code, error=str(error))
        if error.permanent:
            _give_up(mail, str(error), now=now)
        else:
            _postpone(mail, str(error), now=now)
        if isinstance(error, MailServerAway):
            _note_away()
            return False
        return True
    except Exception as error:
        logger.exception("mail_not_written", mail_id=str(mail.pk), kind=mail.kind)  # the others are still due
        _postpone(mail, type(error).__name__, now=now)
        return True
    _done(mail, letter, now=now)
    return True


def _note_away() -> None:
    global _away_until  # noqa: PLW0603  # one server for the process
    _away_until = time.monotonic() + AWAY_SECONDS


def _written(mail: OutgoingMail, *, now: datetime) -> Letter | None:
    organization = Organization.objects.filter(schema_name=mail.schema_name).first()
    if organization is None:
        return None
    return written(mail.kind, Order(organization, mail.data, mail.language), now=now)


def _mine(mail: OutgoingMail) -> QuerySet[OutgoingMail]:
    """The row, unless its claim ran out and somebody else took it."""
    return OutgoingMail.objects.filter(pk=mail.pk, attempts=mail.attempts, state=MailState.WAITING)


def _done(mail: OutgoingMail, letter: Letter | None, *, now: datetime) -> None:
    if letter is None or settings.MAIL_DELIVERY != "outbox":
        _mine(mail).delete()
        return
    said = {"recipient": letter.to[:320], "subject": letter.subject[:400], "text": letter.text}
    _mine(mail).update(state=MailState.SENT, sent_at=now, data={}, error="", **said)


def _postpone(mail: OutgoingMail, error: str, *, now: datetime) -> None:
    pause = min(FIRST_PAUSE * 2 ** min(mail.attempts - 1, 10), LONGEST_PAUSE)
    _mine(mail).update(available_at=now + pause, error=error[:200])


def _give_up(mail: OutgoingMail, error: str, *, now: datetime) -> None:
    """Marks a mail as failed, without what it was about, and says so in its organization's ledger."""
    ids = {name: value for name, value in mail.data.items() if name.endswith("_id")}
    with transaction.atomic():
        failed = _mine(mail).update(state=MailState.FAILED, error=error[:200], data={})
        if not failed or not Organization.objects.filter(schema_name=mail.schema_name).exists():
            return
        with tenant_context(mail.schema_name):
            actor = Actor.system("mail", schema=mail.schema_name)
            data = {"kind": mail.kind, "error": error[:200], **ids}
            record("mail.failed", actor=actor, subject=mail, data=data, now=now)
