"""Every way in which somebody of an organization can be known."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from django.conf import settings
from django.contrib.auth import login
from django.http import HttpRequest
from django.utils.module_loading import import_string

from apps.accounts.backends import PATH
from apps.accounts.models import User
from apps.accounts.payloads import Client
from apps.accounts.services.api_keys import api_key_create
from apps.accounts.services.credentials import actor_of_user
from apps.accounts.services.sessions import session_start, tokens_issue
from apps.accounts.services.socket_tickets import socket_ticket_create
from apps.accounts.tokens import access_token
from apps.tenants.context import tenant_context
from apps.tenants.models import Organization


@dataclass(frozen=True, slots=True)
class Known:
    """One person signed in everywhere at once."""

    user: User
    organization: Organization
    session_id: str
    token: str
    refresh_token: str
    key: str
    cookie: str

    @classmethod
    def of(cls, user: User, organization: Organization, *, now: datetime) -> Known:
        """Signs a person of the current organization in."""
        client = Client(ip="127.0.0.1", device="isolation")
        session = session_start(user=user, schema=organization.schema_name, client=client, now=now)
        tokens = tokens_issue(session=session, user=user, organization=organization, now=now)
        actor = actor_of_user(user, schema=organization.schema_name, ip=None)
        _row, key = api_key_create(
            actor=actor, name="isolation", permissions=sorted(user.role.actions), expires_at=_soon(now), now=now
        )
        return cls(
            user=user,
            organization=organization,
            session_id=str(session.pk),
            token=tokens.access_token,
            refresh_token=tokens.refresh_token,
            key=key,
            cookie=_cookie(user),
        )

    @property
    def secrets(self) -> list[str]:
        """What of it must never be shown; the key without its prefix, which is no secret."""
        return [self.token, self.refresh_token, self.key.partition(".")[2], self.cookie]

    def ticket(self, *, now: datetime) -> str:
        """A fresh ticket for one socket."""
        with tenant_context(self.organization):
            actor = actor_of_user(self.user, schema=self.organization.schema_name, ip=None, session_id=self.session_id)
            return socket_ticket_create(actor=actor, now=now)[0]

    def token_for(self, organization: Organization, *, now: datetime) -> str:
        """A token of this person and session that names another organization, as if our own key had signed it."""
        return access_token(user=self.user, organization_id=organization.pk, session_id=UUID(self.session_id), now=now)


def _soon(now: datetime) -> datetime:
    return now + timedelta(days=1)


def _cookie(user: User) -> str:
    """The session cookie that the pages give to who signs in."""
    request: Any = HttpRequest()
    request.session = import_string(f"{settings.SESSION_ENGINE}.SessionStore")()
    request.META["HTTP_USER_AGENT"] = "isolation"
    request.client_ip = "127.0.0.1"
    login(request, user, backend=PATH)
    request.session.save()
    return str(request.session.session_key)
