"""Signed-in browsers: Django's session cookie, tied to a session of ours, so that it can be listed and revoked.

An administrator may look around as a role. That is kept in the session too, and ends with it.
"""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django.contrib.auth import logout
from django.contrib.auth.models import AnonymousUser

from apps.accounts.errors import InvalidCredentials
from apps.accounts.models import Session, User
from apps.accounts.services.credentials import actor_as_role, actor_from_page
from apps.accounts.services.support_actors import actor_from_support_grant
from apps.common.actor import Actor

SESSION_KEY, SUPPORT_KEY, PREVIEW_KEY = "sid", "support", "preview"


def page_actor(http: Any, *, now: datetime) -> Actor | None:
    """The actor of the request's session cookie; None without one, or once its session was revoked.

    During a preview it is the person as the role; a preview that is not allowed any more is over. Support that was let
    in has such a cookie too, with its grant in the place of a session of ours. Raises ``OrganizationInactive``.
    """
    if (grant_id := support_in(http)) is not None:
        try:
            return actor_from_support_grant(grant_id, now=now, ip=getattr(http, "client_ip", None))
        except InvalidCredentials:
            return None
    actor = signed_in_actor(http, now=now)
    if actor is None or (role_id := previewed_role(http)) is None:
        return actor
    try:
        return actor_as_role(actor, role_id)
    except InvalidCredentials:
        preview_forget(http)
        return actor


def signed_in_actor(http: Any, *, now: datetime) -> Actor | None:
    """The person behind the session cookie as they are, whatever they look around as; else as :func:`page_actor`."""
    user = getattr(http, "user", None)
    if user is None or not user.is_authenticated or SESSION_KEY not in http.session:
        return None
    try:
        ip = getattr(http, "client_ip", None)
        return actor_from_page(http.session[SESSION_KEY], user_id=user.pk, now=now, ip=ip)
    except InvalidCredentials:
        return None


def begun_keep(http: Any, session: Session | None) -> None:
    """Notes the session that a sign-in in this request has begun, for the browser that is about to be signed in."""
    http.begun_session = session


def begun_kept(http: Any) -> Session | None:
    """The session that a sign-in in this request has begun, whether or not the browser has been given it."""
    found: Session | None = getattr(http, "begun_session", None)
    return found


def others_out(http: Any, user: User) -> None:
    """Signs out whoever else is signed in with the browser that is about to be a person's.

    Django would forget them and no more: their session would stay in their list, live, with nobody in it.
    """
    if SESSION_KEY in http.session and http.user.pk != user.pk:
        logout(http)


def support_in(http: Any) -> str | None:
    """The grant by which support came in with this browser, whether or not it still stands."""
    session = getattr(http, "session", None)
    return session.get(SUPPORT_KEY) if session is not None else None


def support_forget(http: Any) -> None:
    """Has the browser be nobody of support any more, nor its session end with what let support in."""
    if http.session.pop(SUPPORT_KEY, None) is not None:
        http.session.set_expiry(None)


class SupportVisitor(AnonymousUser):
    """What pages of the back-office take for the user while support looks at them: a name, and no row of anybody."""

    is_active: Any = True

    def __init__(self, name: str) -> None:
        self.name: str = name
        self.username: Any = name

    @property
    def is_authenticated(self) -> Any:
        return True

    @property
    def is_anonymous(self) -> Any:
        return False

    def __str__(self) -> str:
        return self.name

    def get_full_name(self) -> str:
        return self.name

    def has_usable_password(self) -> bool:
        return False


def preview_keep(http: Any, role_id: str) -> None:
    """Has the browser look around as a role from its next request on, as long as this session of ours lives."""
    http.session[PREVIEW_KEY] = [http.session[SESSION_KEY], role_id]


def preview_forget(http: Any) -> None:
    """Has it look around as who it is."""
    http.session.pop(PREVIEW_KEY, None)


def previewed_role(http: Any) -> str | None:
    """The id of the role that the browser looks around as, in the session that it began to."""
    session_id, role_id = http.session.get(PREVIEW_KEY) or (None, None)
    return role_id if session_id == http.session.get(SESSION_KEY) else None
