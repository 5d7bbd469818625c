"""What sign-in hands around between doors and services."""

from __future__ import annotations

from dataclasses import dataclass

from apps.accounts.models import Session, User
from apps.tenants.models import Organization


@dataclass(frozen=True, slots=True)
class Client:
    """The device a request comes from."""

    ip: str | None
    device: str = ""


@dataclass(frozen=True, slots=True)
class Tokens:
    """A pair of tokens; ``expires_in`` is the access token's real life in seconds."""

    access_token: str
    refresh_token: str
    expires_in: int


@dataclass(frozen=True, slots=True)
class SignedIn:
    """Somebody who has just signed in."""

    user: User
    organization: Organization
    session: Session
    tokens: Tokens
