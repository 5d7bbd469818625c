"""Registers the kind of work that robots are, and who must hear that a worker's leases were renewed."""

from __future__ import annotations

from apps.executions.registry import on_renewal, register
from apps.robots.kind.robot_kind import RobotKind
from apps.robots.sandbox.guard import trust
from apps.robots.sandbox.spares import spares_sweep

register(RobotKind())
on_renewal(trust)
on_renewal(spares_sweep)
