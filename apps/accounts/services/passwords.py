"""Changing one's own password, and what else takes it once more."""

from __future__ import annotations

from datetime import datetime

from django.db import transaction
from django.db.models import QuerySet

from apps.accounts.errors import WrongPassword
from apps.accounts.models import Session, User
from apps.accounts.passwords import password_validate
from apps.accounts.payloads import Client
from apps.accounts.services.attempts import account_locked, failure_count
from apps.accounts.services.password_links import password_links_void
from apps.accounts.services.sessions import Ending, session_end_own, sessions_revoke
from apps.common.actor import Actor
from apps.common.errors import ApplicationError, PermissionDenied
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


def session_end_proved(*, actor: Actor, session: Session, password: str, client: Client, now: datetime) -> None:
    """Ends a session of the actor's own, for who gives the password once more.

    None is asked for by who has none here, nor for the session that asks, which is signing out. Wrong ones count like
    those of a sign-in; an empty one is no guess, but a button that was pressed too soon. Raises ``WrongPassword``,
    ``AccountLocked``, ``SessionNotFound``.
    """
    with transaction.atomic():
        refusal = None
        if actor.type == "user" and str(session.pk) != actor.session_id:
            user: User = User.objects.select_for_update(of=("self",), no_key=True).get(pk=actor.user_id)
            if user.has_usable_password():
                refusal = password_refusal(user, password, client=client, now=now) if password else WrongPassword()
        if refusal is None:
            session_end_own(actor=actor, session=session, now=now)
    if refusal is not None:  # raised out here, so that the count is not rolled back
        raise refusal


def password_refusal(user: User, password: str, *, client: Client, now: datetime) -> ApplicationError | None:
    """Why a password does not prove that somebody is this user, whose row the caller holds; a wrong one is counted.

    No actor: the caller has one, and asks whether it is really them.
    """
    if user.locked_until is not None and user.locked_until > now:
        return account_locked(user.locked_until, now=now)
    if user.check_password(password):
        return None
    failure_count(user, subject=user, client=client, now=now)
    return WrongPassword()


def _others(actor: Actor) -> QuerySet[Session]:
    own = Session.objects.filter(user_id=actor.user_id, revoked_at=None)
    return own if actor.session_id is None else own.exclude(pk=actor.session_id)
