"""Live logs: every socket and every stream, with every credential, about runs of the other organization."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from typing import Any

from django.conf import settings

from apps.accounts.tenancy import mark_of
from apps.isolation.cases.case import HttpCase
from apps.isolation.cases.stances import Stance, accepted, cookie, refused
from apps.isolation.doors.wire import SOCKET, Request
from apps.isolation.staging.stage import Stage
from apps.isolation.surface import values
from apps.isolation.surface.routes import Route
from apps.isolation.surface.sockets import socket_routes, stream_routes
from apps.isolation.surface.values import NoValue

FAMILY = "live"
OWN_END, NOT_FOUND, UNKNOWN, FORBIDDEN = (200, 1000), (404, 4404), (401, 4401), (403, 4403)


def socket_cases(stage: Stage, gaps: list[str], *, now: datetime) -> Iterator[HttpCase]:
    """All cases of the routes that Channels serves."""
    for method, routes in ((SOCKET, socket_routes()), ("GET", stream_routes())):
        for route in routes:
            try:
                own, theirs = (values.values_of(side, route) for side in (stage.attacker, stage.victim))
            except NoValue as missing:
                gaps.append(f"{method} /{route.template}: nothing is named {missing}; let a specimen name it")
                continue
            yield from _of_route(stage, method, route, own, theirs, now=now)


def _of_route(
    stage: Stage, method: str, route: Route, own: dict[str, str], theirs: dict[str, str], *, now: datetime
) -> Iterator[HttpCase]:
    def case(
        stance: Stance, what: str, ids: dict[str, str], expected: Any, *, query: str = "", **more: Any
    ) -> HttpCase:
        path = route.path(ids) + (f"?{query}" if query else "")
        headers = (*stance.headers, ("Origin", f"http://{stance.host}"))
        twin = None
        if what == "their ids":
            twin = Request(method, stance.host, path.replace(ids["run_id"], values.nowhere(route)["run_id"]), headers)
        return HttpCase(
            family=FAMILY,
            name=f"{method} /{route.template} · {stance.name} · {what}",
            covers=f"{method} /{route.template}",
            request=Request(method, stance.host, path, headers),
            expected=expected,
            forbidden=stance.forbidden,
            twin=twin,
            live=True,
            **more,
        )

    for stance in accepted(stage):
        yield case(stance, "their ids", theirs, NOT_FOUND if stance.everything else (*NOT_FOUND, *FORBIDDEN))
    for stance in refused(stage, now=now):
        yield case(stance, "with their ids", theirs, UNKNOWN)
    if not own:
        return
    owner = next(accepted(stage))
    yield case(owner, "own ids", own, OWN_END, shows=stage.attacker.secrets)
    hidden = values.hidden_values_of(stage.attacker, route)
    if hidden is not None:
        for stance in (stance for stance in accepted(stage) if "guest" in stance.name):
            yield case(stance, "hidden ids", hidden, NOT_FOUND)
    for name, host, query, expected in _queries(stage, now=now):
        stance = Stance(name=name, host=host, forbidden=(stage.victim.secrets,))
        yield case(stance, "in the address, with their ids", theirs, expected, query=query)
    elsewhere = Stance(
        name="cookie, a page of theirs",
        host=stage.attacker.host,
        headers=(*cookie(stage.attacker.owner.cookie), ("Origin", f"http://{stage.victim.host}")),
        forbidden=(stage.victim.secrets,),
    )
    path = route.path(theirs)
    yield HttpCase(
        family=FAMILY,
        name=f"{method} /{route.template} · {elsewhere.name} · their ids",
        covers=f"{method} /{route.template}",
        request=Request(method, elsewhere.host, path, elsewhere.headers),
        expected=FORBIDDEN,
        forbidden=elsewhere.forbidden,
        live=True,
    )


def _queries(stage: Stage, *, now: datetime) -> Iterator[tuple[str, str, str, tuple[int, ...]]]:
    """Credentials in the address, as sockets take them: (name, host, query, how it ends)."""
    own, their, shared = stage.attacker, stage.victim, str(settings.ENV.base_domain)
    for where, host, expected in (
        ("own host", own.host, NOT_FOUND),
        ("shared host", shared, NOT_FOUND),
        ("their host", their.host, UNKNOWN),
    ):
        yield f"token, {where}", host, f"token={own.owner.token}", expected
        yield f"ticket, {where}", host, f"ticket={own.owner.ticket(now=now)}", expected
        renamed = own.owner.ticket(now=now).replace(mark_of(own.schema), mark_of(their.schema), 1)
        yield f"ticket that names them, {where}", host, f"ticket={renamed}", UNKNOWN
        forged = own.owner.token_for(their.organization, now=now)
        yield f"token that names them, {where}", host, f"token={forged}", UNKNOWN
