"""What floors above know of a robot's use."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from apps.robots.models import Robot

UseCheck = Callable[[Robot], Sequence[str]]
robot_use_checks: list[UseCheck] = []
"""Each answers with the names of what still needs the robot."""
