"""Routes of robots."""

from __future__ import annotations

from uuid import UUID

from django.utils import timezone
from rest_framework.response import Response

from apps.common.api import (
    ApiRequest,
    ApiViewSet,
    JSONParser,
    MultiPartParser,
    operation,
    page_of,
    paginated,
    single,
)
from apps.robots.api.publications import PUBLISH, initial_version_prepared
from apps.robots.api.serializers.robots import (
    RobotCreateInput,
    RobotDetailOutput,
    RobotListQuery,
    RobotOutput,
    RobotTagsInput,
    RobotUpdateInput,
)
from apps.robots.api.versions import PUBLICATION_ERRORS
from apps.robots.errors import RobotInUse, RobotNameTaken, RobotNotFound
from apps.robots.selectors.robots import robot_get, robot_shown, robots_visible
from apps.robots.services.robots import robot_archive, robot_create, robot_tags_replace, robot_update


class RobotViewSet(ApiViewSet):
    """Robots that an organization publishes."""

    @operation(
        summary="Robots, by name", right="robot.read", query=RobotListQuery, response=page_of(RobotOutput, "robots")
    )
    def list(self, request: ApiRequest) -> Response:
        filters = {name: request.query.get(name, "") for name in ("tag", "search", "pool")}
        return paginated(request, robots_visible(actor=request.actor, **filters), RobotOutput, key="robots")

    @operation(
        summary="Create a robot",
        right=PUBLISH,
        request=RobotCreateInput,
        response=RobotDetailOutput,
        status=201,
        errors=[RobotNameTaken, *PUBLICATION_ERRORS],
        idempotent=True,
        prepare=initial_version_prepared,
        parsers=[JSONParser, MultiPartParser],
    )
    def create(self, request: ApiRequest) -> Response:
        fields = {name: value for name, value in request.payload.items() if name not in {"initial_version", "artifact"}}
        robot = robot_create(actor=request.actor, **fields, initial_version=request.prepared, now=timezone.now())
        return self._rendered(request, robot.pk, status=201)

    @operation(
        summary="One robot with its versions, newest first",
        right="robot.read",
        response=RobotDetailOutput,
        errors=[RobotNotFound],
        tagged=True,
    )
    def retrieve(self, request: ApiRequest, robot_id: UUID) -> Response:
        return single(request, robot_get(actor=request.actor, robot_id=robot_id), RobotDetailOutput)

    @operation(
        summary="Change a robot",
        right=PUBLISH,
        request=RobotUpdateInput,
        response=RobotDetailOutput,
        errors=[RobotNotFound, RobotNameTaken],
        conditional=True,
    )
    def update(self, request: ApiRequest, robot_id: UUID) -> Response:
        robot = robot_get(actor=request.actor, robot_id=robot_id, action=PUBLISH)
        robot_update(actor=request.actor, robot=robot, **request.payload, if_match=request.if_match, now=timezone.now())
        return self._rendered(request, robot_id)

    @operation(
        summary="Archive a robot",
        right=PUBLISH,
        status=204,
        errors=[RobotNotFound, RobotInUse],
        conditional=True,
    )
    def destroy(self, request: ApiRequest, robot_id: UUID) -> Response:
        robot = robot_get(actor=request.actor, robot_id=robot_id, action=PUBLISH)
        robot_archive(actor=request.actor, robot=robot, if_match=request.if_match, now=timezone.now())
        return Response(status=204)

    @operation(
        summary="Replace a robot's tags",
        right=PUBLISH,
        request=RobotTagsInput,
        response=RobotDetailOutput,
        errors=[RobotNotFound],
        conditional=True,
    )
    def tags(self, request: ApiRequest, robot_id: UUID) -> Response:
        robot = robot_get(actor=request.actor, robot_id=robot_id, action=PUBLISH)
        tags = request.payload["tags"]
        robot_tags_replace(actor=request.actor, robot=robot, tags=tags, if_match=request.if_match, now=timezone.now())
        return self._rendered(request, robot_id)

    @staticmethod
    def _rendered(request: ApiRequest, robot_id: UUID, *, status: int = 200) -> Response:
        return single(request, robot_shown(robot_id), RobotDetailOutput, status=status)
