"""Signed-in browsers: Django's session cookie, tied to a session of ours, so that it can be listed and revoked."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from apps.accounts.errors import InvalidCredentials
from apps.accounts.services.credentials import actor_from_session
from apps.common.actor import Actor

SESSION_KEY = "sid"


def page_actor(http: Any, *, now: datetime) -> Actor | None:
    """The actor of the request's session cookie; None without one, or once its session was revoked.

    Raises ``OrganizationInactive``.
    """
    user = getattr(http, "user", None)
    if user is None or not user.is_authenticated or SESSION_KEY not in http.session:
        return None
    try:
        ip = getattr(http, "client_ip", None)
        return actor_from_session(http.session[SESSION_KEY], user_id=user.pk, now=now, ip=ip)
    except InvalidCredentials:
        return None
