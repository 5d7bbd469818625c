"""Robots in the back-office: what is written goes through the services, states are only shown."""

from __future__ import annotations

from apps.common.admin_sites import organization_site
from apps.robots.admin import effects, overview  # noqa: F401  # effects say what they know
from apps.robots.admin.artifacts import ArtifactAdmin
from apps.robots.admin.robots import RobotAdmin
from apps.robots.admin.runs import RunAdmin
from apps.robots.admin.schedules import ScheduleAdmin, ScheduleFiringAdmin
from apps.robots.admin.versions import RobotVersionAdmin

organization_site.overview_of = overview.overview_of
organization_site.overview_template = overview.TEMPLATE

__all__ = ["ArtifactAdmin", "RobotAdmin", "RobotVersionAdmin", "RunAdmin", "ScheduleAdmin", "ScheduleFiringAdmin"]
