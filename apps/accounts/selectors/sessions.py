"""An actor's own sessions."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from django.db.models import QuerySet

from apps.accounts.errors import SessionNotFound
from apps.accounts.models import Session
from apps.common.actor import Actor
from apps.common.errors import Unauthorized


def sessions_own(*, actor: Actor, now: datetime) -> QuerySet[Session]:
    """The actor's own live sessions, the last used first; a key has none of its own."""
    if not actor.is_authenticated:
        raise Unauthorized
    if actor.type != "user":
        return Session.objects.none()
    live: QuerySet[Session] = Session.objects.filter(user=actor.user_id, revoked_at=None, expires_at__gt=now)
    return live.order_by("-last_used_at", "-id")


def session_own_get(*, actor: Actor, session_id: UUID, now: datetime) -> Session:
    """One live session of the actor's own. Raises ``SessionNotFound`` also for those of others."""
    found = sessions_own(actor=actor, now=now).filter(pk=session_id).first()
    if found is None:
        raise SessionNotFound
    return found
