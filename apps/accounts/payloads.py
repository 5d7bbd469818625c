"""What sign-in, rights and imports hand around between doors and services."""

from __future__ import annotations

import enum
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from django.contrib.auth.models import Group

from apps.accounts.grants import GrantRow
from apps.accounts.models import Grant, LinkPurpose, Role, Session, User
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
class PageSignIn:
    """Who signed in on a page and the session that has begun with it, or a ticket for the second step."""

    user: User | None = None
    session: Session | None = None
    ticket: str = field(default="", repr=False)


@dataclass(frozen=True, slots=True)
class SecondFactorState:
    """What a person has beside a password, and whether the organization wants it."""

    confirmed_at: datetime | None
    recovery_codes_left: int
    is_required: bool

    @property
    def enabled(self) -> bool:
        return self.confirmed_at is not None


@dataclass(frozen=True, slots=True)
class Enrolment:
    """A device that is being set up: its secret for typing, and the same as an address for a picture."""

    secret: str = field(repr=False)
    otpauth_uri: str = field(repr=False)


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


class By(enum.StrEnum):
    """What decides about an action."""

    PROGRAM = "program"
    KEY = "key"
    ROLE = "role"
    GRANTS = "grants"


@dataclass(frozen=True, slots=True)
class Decision:
    """Whether somebody may do an action, and what decides: grants that match, or own ones that all are elsewhere."""

    allowed: bool
    by: By
    matching: Sequence[GrantRow] = ()
    narrowing: Sequence[GrantRow] = ()


@dataclass(frozen=True, slots=True)
class Rights:
    """What somebody may: by role, by own grants, and by grants of groups and of the role, which only add."""

    user: User
    grants: Sequence[Grant]
    shared: Sequence[Grant]


@dataclass(frozen=True, slots=True)
class Reason:
    """One thing that decides: ``account``, ``role``, ``group`` or ``grant`` ``gives``, ``narrows``, ``lacks``, …"""

    source: str
    effect: str
    role: Role | None = None
    group: Group | None = None
    grant: Grant | None = None


@dataclass(frozen=True, slots=True)
class Explanation:
    """Whether somebody may do an action, and because of what."""

    allowed: bool
    because: Sequence[Reason]


@dataclass(frozen=True, slots=True)
class RowPreview:
    """A row as it is, and as a change would leave it; nothing was written."""

    before: Any
    after: Any
    changed: Sequence[str]


@dataclass(frozen=True, slots=True)
class UserRow:
    """One row of a table of people, as text by column."""

    line: int
    values: Mapping[str, str]
