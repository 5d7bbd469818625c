"""Our own middleware, broken on purpose: PostgreSQL must deny what our code would let through.

An error of the server is right here, for the code is wrong.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from unittest.mock import patch

from django.conf import settings

from apps.common.api.declaration import Right
from apps.isolation.cases.case import Probe
from apps.isolation.cases.stances import bearer, cookie
from apps.isolation.doors.in_process import InProcess
from apps.isolation.doors.wire import Headers, Request
from apps.isolation.staging.stage import Stage
from apps.isolation.surface.routes import ORGANIZATION, PLATFORM, routes
from apps.isolation.surface.values import NoValue, values_of
from apps.tenants.context import public_context, tenant_context, wrapper
from apps.tenants.naming import PUBLIC
from apps.tenants.postgresql.base import DatabaseWrapper

FAMILY = "broken middleware"
ANY, FIRST_DETOUR, FIRST_REFUSAL = 0, 300, 400
"""Pages of no model and what is public may be the same for everybody, as that for signing in; others send there."""
ENTERS = "apps.tenants.middleware.tenant_context"
Breakage = Callable[[str], AbstractContextManager[None]]


def broken_cases(stage: Stage, door: InProcess) -> Iterator[Probe]:
    """Everything that can be read, under each breakage, with their ids; none where roles are off."""
    if not settings.TENANT_ROLES:
        return
    for name, breakage in BREAKAGES.items():
        for path, headers, denied_from, facet in _reads(stage):
            yield Probe(
                family=FAMILY,
                name=f"{name} · GET {path}",
                covers=name,
                facet=facet,
                check=_denied(stage, door, breakage, path, headers, denied_from),
            )


def _reads(stage: Stage) -> Iterator[tuple[str, Headers, int, str]]:
    """Every address of the organization's hosts, with credentials and the least status that is a denial.

    What names no object shows most, so a sample holds each of those.
    """
    owner = stage.attacker.owner
    for route in routes():
        if route.site == PLATFORM or "GET" not in route.methods:
            continue
        try:
            path = route.path(values_of(stage.victim, route))
        except NoValue:
            continue  # the cases of this route tell of it
        facet = "" if route.parameters else path
        if route.is_api:
            declared = route.methods["GET"]
            is_public = declared is not None and declared.right is Right.PUBLIC
            yield path, bearer(owner.token), ANY if is_public else FIRST_REFUSAL, facet
        elif route.site == ORGANIZATION:
            yield path, cookie(owner.cookie), FIRST_DETOUR if route.model is not None else ANY, facet


def _denied(
    stage: Stage, door: InProcess, breakage: Breakage, path: str, headers: Headers, denied_from: int
) -> Callable[[], str | None]:
    request = Request("GET", stage.attacker.host, path, headers)

    def check() -> str | None:
        with breakage(stage.victim.schema):
            answer = door.send(request)
        if found := stage.victim.secrets.seen_in(answer.shown(), given=request.given()):
            return f"the answer holds {found[0]} of {stage.victim.secrets.owner}"
        if answer.status < denied_from:
            return f"answered {answer.status}"
        return None

    return check


@contextmanager
def wrong_search_path(victim: str) -> Iterator[None]:
    """Every context is sent with the victim's search_path, under its own role."""
    right = DatabaseWrapper._wanted

    def wrong(self: DatabaseWrapper) -> tuple[str, str]:
        path, role = right(self)
        return (path if self.schema_name in {PUBLIC, victim} or self.as_owner else f'"{victim}",public'), role

    with patch.object(DatabaseWrapper, "_wanted", wrong):
        wrapper().forget_context()
        yield
    wrapper().forget_context()


@contextmanager
def _no_context(_victim: str) -> Iterator[None]:
    """The middleware forgets to enter the organization."""
    with patch(ENTERS, lambda _organization: public_context()):
        yield


@contextmanager
def _the_victims_context(victim: str) -> Iterator[None]:
    """The middleware enters the victim's schema, whoever asks."""
    with patch(ENTERS, lambda _organization: tenant_context(victim)):
        yield


BREAKAGES: dict[str, Breakage] = {
    "a wrong search_path": wrong_search_path,
    "no organization is entered": _no_context,
    "the other organization is entered": _the_victims_context,
}
