"""Who may do what with one robot: may do it, may only see it (403), or does not even see it (404)."""

from __future__ import annotations

from dataclasses import replace

from apps.accounts.permissions import scope_of
from apps.common.actor import Actor
from apps.common.errors import NotFound, PermissionDenied, Unauthorized
from apps.robots.models import Robot


def require_on_robot(
    robot: Robot | None, *, actor: Actor, action: str, read_action: str, missing: type[NotFound]
) -> None:
    """Lets pass who sees the robot and may do ``action`` on it; None is a robot that is not there.

    Raises ``Unauthorized``; ``PermissionDenied`` for who may do it nowhere, or not on this one; ``missing`` where there
    is none to be seen. Who may read none at all is not kept from acting on what it knows already.
    """
    if not actor.is_authenticated:
        raise Unauthorized
    scope = scope_of(actor, action)
    if scope.nowhere:
        raise PermissionDenied
    reading = scope if action == read_action else scope_of(_seer(actor), read_action)
    if robot is None or not (reading.nowhere or reading.covers(robot)):
        raise missing
    if not scope.covers(robot):
        raise PermissionDenied


def _seer(actor: Actor) -> Actor:
    """The person behind a key: one made for a single action cannot read, but acts on what its maker sees."""
    if actor.confined_to is None or actor.user is None:
        return actor
    return replace(actor, confined_to=None, permissions=frozenset(actor.user.role.actions))
