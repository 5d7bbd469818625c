"""Tickets between the two steps of signing in on pages: that somebody gave the right password a moment ago.

The browser brings one back with the code. It opens nothing by itself, belongs to one organization, and is void with
the password.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from uuid import UUID

from django.core import signing
from django.utils.crypto import constant_time_compare, salted_hmac

from apps.accounts.errors import SecondStepOver
from apps.accounts.models import User
from apps.tenants.context import require_tenant

LIFE = timedelta(minutes=5)
_SALT = "oficina.second-step"


def second_step_ticket(user: User, *, now: datetime) -> str:
    """A ticket for somebody whose password was right. No actor: the person is about to become one."""
    until = int((now + LIFE).timestamp())
    return signing.dumps([str(user.pk), _proof(user), until], salt=_salt())


def second_step_user(ticket: str, *, now: datetime) -> UUID:
    """Whose ticket it is. Raises ``SecondStepOver``. No actor: the ticket is half of the credentials."""
    user_id, _proof_given, until = _read(ticket)
    if until <= now.timestamp():
        raise SecondStepOver
    return UUID(user_id)


def second_step_check(ticket: str, user: User) -> None:
    """Raises ``SecondStepOver`` once the password is another. No actor: the ticket is half of the credentials."""
    if not constant_time_compare(_read(ticket)[1], _proof(user)):
        raise SecondStepOver


def _read(ticket: str) -> tuple[str, str, int]:
    try:
        user_id, proof, until = signing.loads(ticket, salt=_salt())
    except signing.BadSignature as error:
        raise SecondStepOver from error
    return user_id, proof, until


def _salt() -> str:
    return f"{_SALT}.{require_tenant()}"


def _proof(user: User) -> str:
    return salted_hmac(_SALT, user.password, algorithm="sha256").hexdigest()
