"""Routes of a robot's schedules."""

from __future__ import annotations

from uuid import UUID

from django.utils import timezone
from rest_framework.response import Response

from apps.common.api import ApiRequest, ApiViewSet, operation, page_of, paginated, single
from apps.common.errors import BadRequest
from apps.robots.api.serializers.schedules import (
    ScheduleCreateInput,
    ScheduleListQuery,
    ScheduleOutput,
    ScheduleUpdateInput,
)
from apps.robots.errors import InvalidEnvironment, InvalidSchedule, RobotNotFound, ScheduleNotFound
from apps.robots.selectors.robots import robot_get
from apps.robots.selectors.schedules import schedule_get, schedules_of
from apps.robots.services.schedules import schedule_create, schedule_delete, schedule_update

PUBLISH = "robot.publish"


class ScheduleViewSet(ApiViewSet):
    """When a robot runs by itself."""

    @operation(
        summary="Schedules of a robot, each with its next five firings",
        right="robot.read",
        query=ScheduleListQuery,
        response=page_of(ScheduleOutput, "schedules"),
        errors=[RobotNotFound],
    )
    def list(self, request: ApiRequest, robot_id: UUID) -> Response:
        schedules = schedules_of(actor=request.actor, robot_id=robot_id, search=request.query.get("search", ""))
        return paginated(request, schedules, ScheduleOutput, key="schedules")

    @operation(
        summary="Run a robot by the clock",
        right=PUBLISH,
        request=ScheduleCreateInput,
        response=ScheduleOutput,
        status=201,
        errors=[RobotNotFound, InvalidSchedule, InvalidEnvironment, BadRequest],
        idempotent=True,
    )
    def create(self, request: ApiRequest, robot_id: UUID) -> Response:
        robot = robot_get(actor=request.actor, robot_id=robot_id, action=PUBLISH)
        schedule = schedule_create(actor=request.actor, robot=robot, values=request.payload, now=timezone.now())
        return single(request, schedule, ScheduleOutput, status=201)

    @operation(
        summary="One schedule with its next five firings",
        right="robot.read",
        response=ScheduleOutput,
        errors=[RobotNotFound, ScheduleNotFound],
        tagged=True,
    )
    def retrieve(self, request: ApiRequest, robot_id: UUID, schedule_id: UUID) -> Response:
        schedule = schedule_get(actor=request.actor, robot_id=robot_id, schedule_id=schedule_id)
        return single(request, schedule, ScheduleOutput)

    @operation(
        summary="Change a schedule",
        right=PUBLISH,
        request=ScheduleUpdateInput,
        response=ScheduleOutput,
        errors=[RobotNotFound, ScheduleNotFound, InvalidSchedule, InvalidEnvironment, BadRequest],
        conditional=True,
    )
    def update(self, request: ApiRequest, robot_id: UUID, schedule_id: UUID) -> Response:
        schedule = schedule_update(
            actor=request.actor,
            schedule=schedule_get(actor=request.actor, robot_id=robot_id, schedule_id=schedule_id, action=PUBLISH),
            values=request.payload,
            if_match=request.if_match,
            now=timezone.now(),
        )
        return single(request, schedule, ScheduleOutput)

    @operation(
        summary="Remove a schedule",
        right=PUBLISH,
        status=204,
        errors=[RobotNotFound, ScheduleNotFound],
        conditional=True,
    )
    def destroy(self, request: ApiRequest, robot_id: UUID, schedule_id: UUID) -> Response:
        schedule = schedule_get(actor=request.actor, robot_id=robot_id, schedule_id=schedule_id, action=PUBLISH)
        schedule_delete(actor=request.actor, schedule=schedule, if_match=request.if_match, now=timezone.now())
        return Response(status=204)
