"""People who call the API in benchmarks, signed in for as long as one takes."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from django.db import transaction
from django.utils import timezone

from apps.accounts.models import Role, Session, User
from apps.accounts.services.directory import directory_add
from apps.accounts.tokens import access_token
from apps.common.ids import uuid7
from apps.tenants.context import tenant_context
from apps.tenants.models import Organization


def member(email: str, role: str) -> User:
    """Somebody of the current organization; without a password, whose slow hash would be most of the preparation."""
    user = User(email=email, name="Bench", role=Role.objects.get(slug=role))
    user.set_unusable_password()
    user.save()
    return user


def signing_in(organization: Organization) -> dict[str, Any]:
    """What somebody new of an organization signs in with, and how that is stored."""
    side = {"email": f"{uuid7()}@bench.example", "password": "Benchmark1"}
    with tenant_context(organization), transaction.atomic():
        user = member(side["email"], "viewer")
        user.set_password(side["password"])
        user.save(update_fields=["password"])
        directory_add(email=side["email"])
    return side | {"encoded": user.password}


def token_of(user: User, organization: Organization) -> str:
    """A live access token, with the session behind it, as signing in makes them."""
    now = timezone.now()
    session = Session.objects.create(user=user, last_used_at=now, expires_at=now + timedelta(days=1), device="bench")
    return access_token(user=user, organization_id=organization.pk, session_id=session.pk, now=now)
