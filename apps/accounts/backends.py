"""Whom Django's session means. Signing in itself is a service's: see :mod:`apps.accounts.forms`."""

from __future__ import annotations

from typing import Any

from django.contrib.auth.backends import BaseBackend
from django.http import HttpRequest

from apps.accounts.models import User

PATH = "apps.accounts.backends.SessionBackend"


class SessionBackend(BaseBackend):
    """Knows users by id. It takes no password, so no form of anybody's can go around limits, lock and ledger."""

    def authenticate(self, request: HttpRequest | None, **credentials: Any) -> None:
        return None

    def get_user(self, user_id: Any) -> User | None:
        found: User | None = User.objects.select_related("role").filter(pk=user_id, is_active=True).first()
        return found
