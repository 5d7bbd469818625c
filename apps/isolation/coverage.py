"""Is everything tried that there is? A route, socket, task, table or model without a case is a gap, and a gap fails."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from apps.isolation.cases.case import Case
from apps.isolation.cases.tasks import own_tasks
from apps.isolation.doors.wire import SOCKET
from apps.isolation.side import Side
from apps.isolation.surface.routes import operations
from apps.isolation.surface.sockets import socket_routes, stream_routes

WORDLESS = {
    "accounts.GroupGrant": "holds ids alone",
    "accounts.UserGrant": "holds ids alone",
    "accounts.UserGroup": "is called as the Django group beside it",
    "accounts.PasswordLink": "holds hashes alone",
    "accounts.RecoveryCode": "holds hashes alone",
    "accounts.RefreshToken": "holds hashes alone",
    "accounts.SecondFactor": "holds a sealed secret alone",
    "accounts.Role": "comes with the schema; nobody writes one yet",
    "accounts.SocketTicket": "holds hashes alone",
    "auth.Permission": "comes with the migrations",
    "common.IdempotencyRecord": "holds digests and what is sealed",
    "contenttypes.ContentType": "comes with the migrations",
    "executions.Retention": "holds numbers of days",
    "robots.ScheduleFiring": "says in machine's words why it was skipped",
    "sessions.Session": "is signed and packed",
}
"""Models in whose rows no word of an organization can stand, and why."""


def surface(*, tasks: bool) -> Iterator[str]:
    """Keys of all there is to be tried."""
    yield from (operation.key for operation in operations())
    for method, routes in ((SOCKET, socket_routes()), ("GET", stream_routes())):
        yield from (f"{method} /{route.template}" for route in routes)
    if tasks:
        yield from (f"task {name}" for name in own_tasks())


def gaps_of(cases: Iterable[Case], side: Side, *, tasks: bool, words: dict[str, bool]) -> Iterator[str]:
    """What no case is about, and models of which there is no row, or none that could give itself away."""
    covered = {case.covers for case in cases}
    yield from (f"no case is about {key}" for key in surface(tasks=tasks) if key not in covered)
    for model, rows in side.rows.items():
        label = model._meta.label
        if not rows:
            yield f"there is no row of {label}"
        elif not words[label] and label not in WORDLESS:
            yield f"no row of {label} holds the organization's word; let a specimen write it"
