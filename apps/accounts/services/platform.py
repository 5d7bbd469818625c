"""Administrators of the platform itself."""

from __future__ import annotations

import secrets
from datetime import datetime

from django.db import transaction

from apps.accounts.models import User
from apps.accounts.passwords import Owner, password_validate
from apps.accounts.roles import SUPER_ADMIN_SLUG
from apps.accounts.services.users import user_write
from apps.common.actor import Actor
from apps.events.services import record
from apps.tenants.context import tenant_context
from apps.tenants.naming import PLATFORM


def password_generate() -> str:
    """A password of some 119 random bits that keeps every rule. No actor: it only makes a text."""
    return f"Aa1-{secrets.token_urlsafe(15)}"


def platform_admin_create(*, email: str, name: str, password: str, now: datetime) -> User:
    """Makes a ``super_admin`` in the platform's own organization, from whatever context.

    Raises ``InvalidInput`` for a weak password, ``UserAlreadyExists``. No actor: whoever can run commands on the
    server; the ledger says so.
    """
    password_validate(password, user=Owner(name, email))
    actor = Actor.system("command", schema=PLATFORM)
    with tenant_context(PLATFORM), transaction.atomic():
        user = user_write(email=email, name=name, role=SUPER_ADMIN_SLUG, password=password)
        record("user.created", actor=actor, subject=user, data={"role": SUPER_ADMIN_SLUG}, now=now)
    return user
