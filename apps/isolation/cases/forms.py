"""Forms that ask for no credentials: signing in to pages, forgotten passwords. They tell of nobody at another host."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from typing import Any
from urllib.parse import quote, urlencode

from apps.accounts.tenancy import mark_of
from apps.isolation.cases.case import HttpCase
from apps.isolation.cases.stances import cookie, shared_host
from apps.isolation.doors.wire import Request
from apps.isolation.secrecy import Secrets
from apps.isolation.side import Side
from apps.isolation.staging.stage import Stage

FAMILY = "sign-in"
FORM = "application/x-www-form-urlencoded"
PORTAL, ADMIN = "portal/session/sign-in/", "admin/login/"
FORGOT, SET = "password/forgot", "password/set"
SIGNED_IN, REFUSED, NO_LINK = frozenset({302}), frozenset({200, 400}), frozenset({400})
PASSWORD = "Aa1-never-set-by-anybody"  # noqa: S105  # of nobody


def form_cases(stage: Stage) -> Iterator[HttpCase]:
    """All cases of such forms."""
    for where, side in (("own host", stage.attacker), ("their host", stage.victim)):
        for page in (PORTAL, ADMIN):
            yield from _signing_in(stage, page, where, side)
        yield _told_alike(stage, FORGOT, where, side.host, {}, "email")
    yield _told_alike(stage, FORGOT, "shared host", shared_host(), {}, "email")
    yield from _links(stage)


def _signing_in(stage: Stage, page: str, where: str, side: Side) -> Iterator[HttpCase]:
    """Their address, with a wrong password; one's own account, which opens one's own host alone."""
    yield _told_alike(stage, page, where, side.host, {"password": PASSWORD}, "username")
    own = {"username": stage.attacker.named["email"], "password": stage.attacker.furnishing.password}
    expected = SIGNED_IN if side is stage.attacker else REFUSED
    yield _sent(page, f"own account, {where}", _posted(side.host, page, own), expected, (stage.victim.secrets,))


def _told_alike(stage: Stage, page: str, where: str, host: str, data: Mapping[str, str], field: str) -> HttpCase:
    """An address of theirs, and one of the same length that nobody has: answered alike."""
    known = stage.victim.named["email"]
    request, twin = (_posted(host, page, {**data, field: address}) for address in (known, f"n0b0dy{known[6:]}"))
    nothing = (stage.attacker.secrets, stage.victim.secrets)
    return _sent(page, f"their address, {where}", request, (), nothing, twin=twin)


def _links(stage: Stage) -> Iterator[HttpCase]:
    """The mailed link of somebody of theirs: it works at their host, and nowhere as if it were ours."""
    own, their = stage.attacker, stage.victim
    token, nothing = their.named["link_token"], (own.secrets, their.secrets)
    renamed = token.replace(mark_of(their.schema), mark_of(own.schema), 1)
    at_home = Request("GET", their.host, f"/{SET}?token={quote(token)}")
    yield _sent(SET, "their link, their host", at_home, {200}, (own.secrets,), shows=their.secrets)
    for what, sent in (("their link", token), ("their link as ours", renamed)):
        data = {"token": sent, "new_password": PASSWORD, "again": PASSWORD}
        asked = Request("GET", own.host, f"/{SET}?token={quote(sent)}")
        yield _sent(SET, f"{what}, own host, read", asked, NO_LINK, nothing)
        yield _sent(SET, f"{what}, own host, used", _posted(own.host, SET, data), NO_LINK, nothing)


def _posted(host: str, page: str, data: Mapping[str, str]) -> Request:
    """As a browser sends it that has just been given the form, with its proof against forged requests."""
    headers = cookie("")
    token = dict(headers)["X-CSRFToken"]
    body = urlencode({"csrfmiddlewaretoken": token, **data}).encode()
    return Request("POST", host, f"/{page}", headers, body, FORM)


def _sent(
    page: str, what: str, request: Request, expected: Collection[int], forbidden: tuple[Secrets, ...], **more: Any
) -> HttpCase:
    """Attempts are counted where the account is, and a link is used up: only undone doors try."""
    return HttpCase(
        family=FAMILY,
        name=f"{request.method} /{page} · nobody · {what}",
        covers=f"form {page}",
        request=request,
        expected=expected,
        forbidden=forbidden,
        may_write=True,
        undone_only=True,
        **more,
    )
