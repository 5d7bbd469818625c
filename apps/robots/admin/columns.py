"""What files of robots and runs hold: facts, no packages and nothing that was handed to a run."""

from __future__ import annotations

from typing import Any

from apps.common.admin_exports import ListResource, column
from apps.robots.models import Run
from apps.robots.selectors.runs import status_word
from apps.robots.templatetags.runs import run_seconds


class RobotColumns(ListResource):
    id = column("pk")
    name = column("name")
    description = column("description")
    tags = column("tags")
    pool = column("pool")
    active_version = column()
    canary_version = column("canary_version__version")
    canary_percent = column("canary_percent")
    created_by = column("created_by__email")
    created_at = column("created_at")
    updated_at = column("updated_at")

    def value_of_active_version(self, robot: Any) -> str:
        return robot.active_versions[0].version if robot.active_versions else ""


class RunColumns(ListResource):
    id = column("pk")
    service = column("service_title")
    robot = column("robot__name")
    version = column("version__version")
    status = column()
    trigger = column("trigger_type")
    requested_by = column("execution__requested_by_label")
    attempt = column("execution__attempt")
    queued_at = column("execution__queued_at")
    started_at = column("execution__started_at")
    finished_at = column("execution__finished_at")
    seconds = column()
    exit_code = column("execution__exit_code")
    error = column("execution__error_message")

    def value_of_status(self, run: Run) -> str:
        return status_word(run.execution.status)

    def value_of_seconds(self, run: Run) -> float | None:
        return run_seconds(run)
