"""What sign-in hands around between doors and services."""

from __future__ import annotations

from dataclasses import dataclass, field

from apps.accounts.models import LinkPurpose, Session, User
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


@dataclass(frozen=True, slots=True)
class LinkOwner:
    """Whose password a mailed link sets, and why it was mailed."""

    email: str
    organization: str
    purpose: LinkPurpose


@dataclass(frozen=True, slots=True)
class ResetLink:
    """A person of an organization, and the token that lets them set a new password there."""

    organization: Organization
    user: User
    token: str = field(repr=False)
