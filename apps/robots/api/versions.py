"""Routes of a robot's versions."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.utils import timezone
from rest_framework.response import Response

from apps.common.api import ApiRequest, ApiViewSet, MultiPartParser, operation, page_of, paginated, single
from apps.common.errors import BadRequest
from apps.robots.api.publications import PUBLISH, version_prepared
from apps.robots.api.serializers.versions import (
    VersionActivateInput,
    VersionDiffOutput,
    VersionListQuery,
    VersionOutput,
    VersionPublishInput,
)
from apps.robots.errors import (
    ArtifactDamaged,
    CanaryWithoutActiveVersion,
    InvalidArtifact,
    InvalidChannel,
    InvalidDependencies,
    InvalidEnvironment,
    InvalidPublication,
    InvalidVersionNumber,
    RobotNotFound,
    VersionExists,
    VersionNotFound,
)
from apps.robots.selectors.packages import VersionDiff, version_diff
from apps.robots.selectors.robots import robot_get, version_get, versions_of
from apps.robots.services.versions import version_activate, version_publish

PUBLICATION_ERRORS = (
    InvalidVersionNumber,
    InvalidChannel,
    InvalidPublication,
    InvalidArtifact,
    InvalidDependencies,
    InvalidEnvironment,
    BadRequest,
)


class VersionViewSet(ApiViewSet):
    """Versions: published, listed, read, activated, compared."""

    @operation(
        summary="Publish a version",
        right=PUBLISH,
        request=VersionPublishInput,
        response=VersionOutput,
        status=201,
        errors=[RobotNotFound, VersionExists, *PUBLICATION_ERRORS],
        idempotent=True,
        prepare=version_prepared,
        parsers=[MultiPartParser],
    )
    def publish(self, request: ApiRequest, robot_id: UUID) -> Response:
        robot = robot_get(actor=request.actor, robot_id=robot_id, action=PUBLISH)
        version = version_publish(actor=request.actor, robot=robot, package=request.prepared, now=timezone.now())
        return single(request, version, VersionOutput, status=201)

    @operation(
        summary="Versions of a robot, newest first",
        right="robot.read",
        query=VersionListQuery,
        response=page_of(VersionOutput, "versions"),
        errors=[RobotNotFound],
    )
    def list(self, request: ApiRequest, robot_id: UUID) -> Response:
        versions = versions_of(actor=request.actor, robot_id=robot_id, search=request.query.get("search", ""))
        return paginated(request, versions, VersionOutput, key="versions")

    @operation(
        summary="One version",
        right="robot.read",
        response=VersionOutput,
        errors=[RobotNotFound, VersionNotFound],
        tagged=True,
    )
    def retrieve(self, request: ApiRequest, robot_id: UUID, version_id: UUID) -> Response:
        version = version_get(actor=request.actor, robot_id=robot_id, version_id=version_id)
        return single(request, version, VersionOutput)

    @operation(
        summary="Make a version the active one, or let it take a share of the runs",
        right=PUBLISH,
        request=VersionActivateInput,
        response=VersionOutput,
        errors=[RobotNotFound, VersionNotFound, CanaryWithoutActiveVersion],
        idempotent=True,
    )
    def activate(self, request: ApiRequest, robot_id: UUID, version_id: UUID) -> Response:
        version = version_get(actor=request.actor, robot_id=robot_id, version_id=version_id, action=PUBLISH)
        activated = version_activate(
            actor=request.actor,
            robot=version.robot,
            version=version,
            percent=request.payload["percent"],
            now=timezone.now(),
        )
        return single(request, activated, VersionOutput)

    @operation(
        summary="What changed between two versions, file by file",
        right="robot.read",
        response=VersionDiffOutput,
        errors=[RobotNotFound, VersionNotFound, ArtifactDamaged],
    )
    def diff(self, request: ApiRequest, robot_id: UUID, old_id: UUID, new_id: UUID) -> Response:
        old = version_get(actor=request.actor, robot_id=robot_id, version_id=old_id)
        new = version_get(actor=request.actor, robot_id=robot_id, version_id=new_id)
        return Response(VersionDiffOutput(_wire(version_diff(old, new))).data)


def _wire(diff: VersionDiff) -> dict[str, Any]:
    changed = [
        {"path": file.path, "binary": file.binary, "diff": "\n".join(file.lines), "truncated": file.truncated}
        for file in diff.files.changed
    ]
    return {
        "old": diff.old,
        "new": diff.new,
        "added": diff.files.added,
        "removed": diff.files.removed,
        "changed": changed,
    }
