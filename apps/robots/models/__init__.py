"""Robots, their versions, schedules and runs."""

from apps.robots.models.robot import Robot, RobotVersion
from apps.robots.models.run import Run, TriggerType
from apps.robots.models.schedule import Schedule, ScheduleFiring

__all__ = ["Robot", "RobotVersion", "Run", "Schedule", "ScheduleFiring", "TriggerType"]
