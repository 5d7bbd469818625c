"""What is open to everybody: signing up, in and on. It may not tell who belongs to another organization."""

from __future__ import annotations

import secrets
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from rest_framework import serializers

from apps.accounts.tenancy import mark_of
from apps.isolation.cases.api import FOUND, Subject
from apps.isolation.cases.case import HttpCase
from apps.isolation.cases.stances import Stance, bearer, shared_host
from apps.isolation.doors.wire import Request
from apps.isolation.staging.furnishing import DOMAIN
from apps.isolation.staging.stage import Stage

FAMILY = "sign-in"
TELLING = frozenset({"api/v1/auth/register"})
"""Signing up tells that an address is taken: whoever owns it has to know. It does not tell where."""
NOT_DONE = frozenset({400, 401, 403, 404, 409, 422, 423, 429})


def sign_in_cases(stage: Stage, subjects: Iterable[Subject]) -> Iterator[HttpCase]:
    """All cases of operations that ask for no credentials; they are counted and locked, so only undone doors try."""
    hosts = {"own host": stage.attacker.host, "their host": stage.victim.host, "shared host": shared_host()}
    for subject in subjects:
        if not subject.is_public:
            continue
        for where, host in hosts.items():
            nobody = Stance(
                name=f"nobody, {where}", host=host, forbidden=(stage.attacker.secrets, stage.victim.secrets)
            )
            yield _case(subject, nobody, "as it is", subject.request(nobody, subject.theirs))
            yield from _addresses(subject, nobody)
            yield from _tokens(subject, nobody)
        yield from _own_account(subject)


def _case(subject: Subject, stance: Stance, what: str, request: Request, expected: Any = (), **more: Any) -> HttpCase:
    """Failed attempts are noted in the organization whose account was tried: that is a write, and right."""
    return HttpCase(
        family=FAMILY,
        name=f"{subject.operation.key} · {stance.name} · {what}",
        covers=subject.operation.key,
        request=request,
        expected=expected,
        forbidden=stance.forbidden,
        may_write=True,
        undone_only=True,
        **more,
    )


def _addresses(subject: Subject, stance: Stance) -> Iterator[HttpCase]:
    """An address that the other organization knows, and one that nobody knows: the same answer."""
    victim = subject.stage.victim
    for name in _email_fields(subject):
        known = subject.request(stance, subject.theirs, body=subject.body(**{name: victim.named["email"]}))
        strange = f"nobody-{secrets.token_hex(6)}@{DOMAIN}"
        unknown = subject.request(stance, subject.theirs, body=subject.body(**{name: strange}))
        twin = None if subject.operation.route.template in TELLING else unknown
        expected = NOT_DONE if "password" in _fields(subject) else ()
        yield _case(subject, stance, f"their {name}", known, expected, twin=twin)
        if "organization" in _fields(subject):
            slug = victim.organization.slug
            asked, other = (
                subject.request(stance, subject.theirs, body=subject.body(**{name: address, "organization": slug}))
                for address in (victim.named["email"], strange)
            )
            yield _case(subject, stance, f"their {name} and slug", asked, expected, twin=other)


def _tokens(subject: Subject, stance: Stance) -> Iterator[HttpCase]:
    """Refresh tokens of one's own that claim to be of the other organization, in the body and as bearer."""
    own, their = subject.stage.attacker, subject.stage.victim
    if "refresh_token" not in _fields(subject):
        return
    forged = own.owner.refresh_token.replace(mark_of(own.schema), mark_of(their.schema), 1)
    body = subject.body(refresh_token=forged)
    yield _case(subject, stance, "token that names them", subject.request(stance, {}, body=body), {401})
    request = subject.request(stance, {}).with_headers(*bearer(forged))
    yield _case(subject, stance, "bearer that names them", request, {401})
    if stance.host == their.host:
        body = subject.body(refresh_token=own.owner.refresh_token)
        yield _case(subject, stance, "own token", subject.request(stance, {}, body=body), {401})


def _own_account(subject: Subject) -> Iterator[HttpCase]:
    """One's own address and right password: they open nothing at the other's host, nor under the other's name."""
    own, their = subject.stage.attacker, subject.stage.victim
    if not {"email", "password", "organization"} <= _fields(subject).keys():
        return
    account: dict[str, Any] = {"email": own.named["email"], "password": own.furnishing.password}
    for where, host, slug, expected in (
        ("own host", own.host, None, FOUND),
        ("shared host", shared_host(), None, FOUND),
        ("their host", their.host, None, NOT_DONE),
        ("own host", own.host, their.organization.slug, NOT_DONE),
        ("shared host", shared_host(), their.organization.slug, NOT_DONE),
    ):
        stance = Stance(name=f"nobody, {where}", host=host, forbidden=(their.secrets,))
        body = subject.body(**account, **({"organization": slug} if slug else {}))
        what = "own account" + (", their slug" if slug else "")
        yield _case(subject, stance, what, subject.request(stance, {}, body=body), expected)


def _fields(subject: Subject) -> Mapping[str, Any]:
    declared = subject.declaration.request
    return declared().fields if declared is not None else {}


def _email_fields(subject: Subject) -> list[str]:
    return [name for name, field in _fields(subject).items() if isinstance(field, serializers.EmailField)]
