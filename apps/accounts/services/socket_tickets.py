"""Tickets that let a browser open one WebSocket without its token in the address."""

from __future__ import annotations

from datetime import datetime, timedelta

from django.conf import settings
from django.db import transaction

from apps.accounts.errors import InvalidCredentials
from apps.accounts.models import SocketTicket
from apps.accounts.services.credentials import actor_from_key_id, actor_from_session
from apps.accounts.tenancy import SOCKET_TICKET, marked
from apps.accounts.tokens import hash_secret
from apps.common.actor import Actor
from apps.common.errors import PermissionDenied, Unauthorized
from apps.tenants.context import require_tenant


def socket_ticket_create(*, actor: Actor, now: datetime) -> tuple[str, int]:
    """A ticket for the actor and its life in seconds; forgets those of the same person that ran out.

    It stands for the session or the API key the actor came with, and ends with it.
    """
    if actor.user is None:  # support has none: its token, or its cookie, opens sockets
        raise PermissionDenied if actor.is_authenticated else Unauthorized
    life, ticket = settings.ENV.socket_ticket_seconds, marked(SOCKET_TICKET, require_tenant())
    with transaction.atomic():
        SocketTicket.objects.filter(user_id=actor.user_id, expires_at__lte=now).delete()
        SocketTicket.objects.create(
            token_hash=hash_secret(ticket),
            user_id=actor.user_id,
            session_id=actor.session_id,
            api_key_id=actor.id if actor.type == "api_key" else None,
            expires_at=now + timedelta(seconds=life),
        )
    return ticket, life


def socket_ticket_redeem(*, ticket: str, now: datetime, ip: str | None) -> Actor:
    """Uses a ticket up, in its organization, and gives the actor it stands for as that is now.

    Raises ``InvalidCredentials`` for one unknown, used or run out. No actor: it makes one.
    """
    with transaction.atomic():
        found = SocketTicket.objects.select_for_update().filter(token_hash=hash_secret(ticket)).first()
        if found is None:
            raise InvalidCredentials
        session_id, key_id, user_id, expires_at = found.session_id, found.api_key_id, found.user_id, found.expires_at
        found.delete()
    if expires_at <= now:
        raise InvalidCredentials
    if key_id is not None:
        return actor_from_key_id(key_id, now=now, ip=ip)
    if session_id is not None:
        return actor_from_session(session_id, user_id=user_id, now=now, ip=ip)
    raise InvalidCredentials
