"""The kind of work that robots are: how the engine has one attempt of a run done."""

from apps.robots.kind.robot_kind import RobotKind

__all__ = ["RobotKind"]
