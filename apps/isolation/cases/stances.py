"""Who asks, and at which host: everything that somebody of the first organization can hold in hands."""

from __future__ import annotations

import secrets
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime

from django.conf import settings

from apps.accounts.tenancy import mark_of
from apps.isolation.doors.wire import Headers
from apps.isolation.secrecy import Secrets
from apps.isolation.side import Side
from apps.isolation.staging.credentials import Known
from apps.isolation.staging.stage import Stage

_CSRF = secrets.token_hex(16)


@dataclass(frozen=True, slots=True, kw_only=True)
class Stance:
    """A host, credentials, and whose secrets may not be seen so."""

    name: str
    host: str
    headers: Headers = ()
    forbidden: tuple[Secrets, ...]
    everything: bool = False
    """Whether it is somebody who may everything in the first organization."""
    of_platform: bool = False
    """Whether it is an administrator of the platform, to whom the shared tables are open."""
    code: str = ""
    """The ``error_code`` of its refusal, where it is told from others."""
    facet: str = ""
    """Not empty for those that a sample must hold for every operation."""


def bearer(token: str) -> Headers:
    return (("Authorization", f"Bearer {token}"),)


def key(text: str) -> Headers:
    return (("X-Api-Key", text),)


def cookie(session: str) -> Headers:
    """The session cookie with the proof that our own page has sent it."""
    name = settings.SESSION_COOKIE_NAME
    return (("Cookie", f"{name}={session}; {settings.CSRF_COOKIE_NAME}={_CSRF}"), ("X-CSRFToken", _CSRF))


def shared_host() -> str:
    return str(settings.ENV.base_domain)


def texts(stage: Stage) -> tuple[Secrets, ...]:
    """The platform knows organizations' schemas and the ids of their tickets; none of their texts."""
    return tuple(
        Secrets.of(side.organization.slug, words=[side.furnishing.shown.word, side.furnishing.hidden.word], ids=[])
        for side in (stage.attacker, stage.victim)
    )


def accepted(stage: Stage) -> Iterator[Stance]:
    """Credentials at a host where they count, so that only the right to the object can be missing."""
    own, victim = stage.attacker, (stage.victim.secrets,)
    shared = shared_host()
    for where, host, facet in (("shared host", shared, ""), ("own host", own.host, "theirs")):
        yield Stance(
            name=f"token, {where}",
            host=host,
            headers=bearer(own.owner.token),
            forbidden=victim,
            everything=True,
            facet=facet,
        )
        yield Stance(name=f"key, {where}", host=host, headers=key(own.owner.key), forbidden=victim, everything=True)
    yield Stance(
        name="cookie, own host", host=own.host, headers=cookie(own.owner.cookie), forbidden=victim, everything=True
    )
    yield Stance(name="viewer's token, own host", host=own.host, headers=bearer(own.viewer.token), forbidden=victim)
    yield from guests(stage)
    if stage.platform_admin is not None:
        words = tuple(side.secrets for side in (own, stage.victim))
        admin = stage.platform_admin
        yield Stance(
            name="platform's token, shared host",
            host=shared,
            headers=bearer(admin.token),
            forbidden=words,
            of_platform=True,
        )


def guests(stage: Stage) -> Iterator[Stance]:
    """Somebody of the first organization who may see little of it."""
    own = stage.attacker
    forbidden = (stage.victim.secrets, own.hidden)
    for name, headers in (
        ("token", bearer(own.guest.token)),
        ("key", key(own.guest.key)),
        ("cookie", cookie(own.guest.cookie)),
    ):
        yield Stance(name=f"guest's {name}, own host", host=own.host, headers=headers, forbidden=forbidden)


def refused(stage: Stage, *, now: datetime) -> Iterator[Stance]:
    """Credentials that count nowhere, or not at this host: 401, whatever is asked."""
    own, their = stage.attacker, stage.victim
    shared, nothing = shared_host(), (own.secrets, their.secrets)
    for where, host in (("their host", their.host), ("shared host", shared), ("own host", own.host)):
        yield Stance(name=f"nobody, {where}", host=host, forbidden=nothing, facet="nobody" if host == own.host else "")
        yield Stance(name=f"no token, {where}", host=host, headers=bearer("x.y.z"), forbidden=nothing)
        yield Stance(
            name=f"refresh token as token, {where}",
            host=host,
            headers=bearer(own.owner.refresh_token),
            forbidden=nothing,
        )
    for spelled, host in _spellings(their.host):
        yield Stance(
            name=f"token, {spelled}",
            host=host,
            headers=bearer(own.owner.token),
            forbidden=nothing,
            code="wrong_organization",
            facet="elsewhere" if host == their.host else "",
        )
    for name, headers in _misplaced(own, their, now=now):
        yield Stance(name=f"{name}, their host", host=their.host, headers=headers, forbidden=nothing)
    yield Stance(name="cookie, shared host", host=shared, headers=cookie(own.owner.cookie), forbidden=nothing)
    yield Stance(name="their token, own host", host=own.host, headers=bearer(their.owner.token), forbidden=nothing)
    yield Stance(name="their key, own host", host=own.host, headers=key(their.owner.key), forbidden=nothing)
    yield Stance(name="their cookie, own host", host=own.host, headers=cookie(their.owner.cookie), forbidden=nothing)
    forged = own.owner.token_for(their.organization, now=now)
    yield Stance(name="token that names them, shared host", host=shared, headers=bearer(forged), forbidden=nothing)
    yield Stance(
        name="key that names them, shared host", host=shared, headers=key(_renamed(own.owner, their)), forbidden=nothing
    )
    if stage.platform_admin is not None:
        admin = stage.platform_admin
        for name, headers in (
            ("token", bearer(admin.token)),
            ("key", key(admin.key)),
            ("cookie", cookie(admin.cookie)),
        ):
            yield Stance(name=f"platform's {name}, their host", host=their.host, headers=headers, forbidden=nothing)


def _misplaced(own: Side, their: Side, *, now: datetime) -> Iterator[tuple[str, Headers]]:
    yield "key", key(own.owner.key)
    yield "key that names them", key(_renamed(own.owner, their))
    yield "cookie", cookie(own.owner.cookie)
    yield "token that names them", bearer(own.owner.token_for(their.organization, now=now))
    yield "viewer's token", bearer(own.viewer.token)
    yield "ticket as token", bearer(own.owner.ticket(now=now))
    yield "key as token", bearer(own.owner.key)


def _spellings(host: str) -> Iterator[tuple[str, str]]:
    """One host as clients may write it."""
    yield "their host", host
    yield "their host in capitals", host.upper()
    yield "their host with a port", f"{host}:8000"
    yield "their host with a final dot", f"{host}."


def _renamed(known: Known, their: Side) -> str:
    """A key of one's own with the mark of the other organization in it."""
    return known.key.replace(mark_of(known.organization.schema_name), mark_of(their.schema), 1)
