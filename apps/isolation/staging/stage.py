"""The two organizations of a proof, from their making to their removal."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import datetime

from django.db import transaction

from apps.accounts.services.platform import password_generate, platform_admin_create
from apps.isolation.side import Side
from apps.isolation.staging import accounts, executions, portal, robots
from apps.isolation.staging.credentials import Known
from apps.isolation.staging.furnishing import Furnishing, new_word
from apps.isolation.staging.past import past_of
from apps.isolation.staging.removal import remove
from apps.isolation.staging.rest import furnish_rest
from apps.tenants.context import tenant_context
from apps.tenants.naming import PLATFORM
from apps.tenants.selectors import platform
from apps.tenants.services.organizations import organization_create

SPECIMENS = (accounts.furnish, executions.furnish, robots.furnish, portal.furnish, accounts.furnish_rights)


@dataclass(frozen=True, slots=True)
class Stage:
    """Who tries (``attacker``), whose things are at stake (``victim``), and what could not be set up."""

    attacker: Side
    victim: Side
    platform_admin: Known | None = None
    gaps: list[str] = field(default_factory=list)


@contextmanager
def staged(*, now: datetime, disposable: bool = False) -> Iterator[Stage]:
    """Makes and fills two organizations; they are gone afterwards, whatever happened.

    In a ``disposable`` database an administrator of the platform is signed in as well, who stays.
    """
    first = organization_create(name="Isolation A")
    try:
        second = organization_create(name="Isolation B")
        try:
            gaps: list[str] = []
            sides = [_side(Furnishing(organization, now, disposable), gaps) for organization in (first, second)]
            sides[1] = _with_past(sides[1], gaps)
            attacker, victim = (
                replace(side, secrets=side.secrets.without(other.secrets)) for side, other in (sides, sides[::-1])
            )
            yield Stage(attacker, victim, _platform_admin(now) if disposable else None, gaps)
        finally:
            remove(second)
    finally:
        remove(first)


def _side(furnishing: Furnishing, gaps: list[str]) -> Side:
    with tenant_context(furnishing.organization), transaction.atomic():
        for furnish in SPECIMENS:
            furnish(furnishing)
        gaps += furnish_rest(furnishing.shown)
        people = {
            name: Known.of(furnishing.people[name], furnishing.organization, now=furnishing.now)
            for name in ("owner", "viewer", "guest")
        }
        return Side.of(furnishing, people)


def _with_past(side: Side, gaps: list[str]) -> Side:
    """What it has asked for leaves rows behind, which are its own as well."""
    with tenant_context(side.organization), transaction.atomic():
        people = {"owner": side.owner, "viewer": side.viewer, "guest": side.guest}
        return Side.of(side.furnishing, people, past_of(side, gaps))


def _platform_admin(now: datetime) -> Known:
    organization = platform()
    if organization is None:
        raise LookupError("the platform's organization; migrate_organizations has not run")
    user = platform_admin_create(
        email=f"isolation-{new_word()}@platform.example",
        name="Isolation",
        password=password_generate(),
        now=now,
    )
    with tenant_context(PLATFORM):
        return Known.of(user, organization, now=now)
