"""Changing one's own password."""

from __future__ import annotations

from datetime import datetime

from django.db import transaction
from django.db.models import QuerySet

from apps.accounts.models import Session, User
from apps.accounts.passwords import password_validate
from apps.accounts.payloads import Client
from apps.accounts.services.attempts import password_refusal
from apps.accounts.services.password_links import password_links_void
from apps.accounts.services.sessions import Ending, sessions_revoke
from apps.common.actor import Actor
from apps.common.errors import PermissionDenied
from apps.events.services import record


def password_change(*, actor: Actor, current_password: str, new_password: str, client: Client, now: datetime) -> None:
    """Gives the actor a new password and ends all other sessions of theirs.

    Wrong guesses of the current one count like those of a sign-in. Raises ``WrongPassword``, ``AccountLocked``,
    ``InvalidInput`` for a weak new one, ``PermissionDenied`` for anybody but a person.
    """
    if actor.type != "user":
        raise PermissionDenied
    password_validate(new_password, user=actor.user, field="new_password")
    with transaction.atomic():
        user: User = User.objects.select_for_update(of=("self",), no_key=True).get(pk=actor.user_id)
        refusal = password_refusal(user, current_password, client=client, now=now)
        if refusal is None:
            user.set_password(new_password)
            user.save(update_fields=["password", "updated_at"])
            password_links_void(user=user)
            sessions_revoke(actor=actor, sessions=_others(actor), reason=Ending.PASSWORD_CHANGED, now=now)
            record("user.password_changed", actor=actor, subject=user, now=now)
    if refusal is not None:  # raised out here, so that the count is not rolled back
        raise refusal


def _others(actor: Actor) -> QuerySet[Session]:
    own = Session.objects.filter(user_id=actor.user_id, revoked_at=None)
    return own if actor.session_id is None else own.exclude(pk=actor.session_id)
