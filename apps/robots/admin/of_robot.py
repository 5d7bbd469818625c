"""What belongs to a robot is seen with it."""

from __future__ import annotations

from typing import Any

from django.db.models import QuerySet
from django.http import HttpRequest

from apps.accounts.permissions import visible_filter
from apps.common.admin import ServiceAdmin


class OfRobotAdmin(ServiceAdmin):
    """Rows that belong to a robot: those of robots that may be read."""

    read_action = "robot.read"
    through = "robot__"

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        rows: QuerySet[Any] = super().get_queryset(request)
        return rows.filter(visible_filter(request.actor, self.read_action, prefix=self.through))  # type: ignore[attr-defined]
