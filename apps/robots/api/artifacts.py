"""Routes of the files that runs leave."""

from __future__ import annotations

from uuid import UUID

from django.http import HttpResponseBase
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework.response import Response

from apps.common.api import ApiRequest, ApiViewSet, operation, page_of, paginated
from apps.common.errors import RangeNotSatisfiable
from apps.robots.api.downloads import artifact_as_download
from apps.robots.api.serializers.runs import ArtifactListQuery, ArtifactOutput
from apps.robots.errors import ArtifactNotFound, RunNotFound
from apps.robots.selectors.runs import artifact_get, artifacts_of


class ArtifactViewSet(ApiViewSet):
    """Files that a run left."""

    @operation(
        summary="Files that a run left, by name",
        right="run.read",
        query=ArtifactListQuery,
        response=page_of(ArtifactOutput, "artifacts"),
        errors=[RunNotFound],
    )
    def list(self, request: ApiRequest, run_id: UUID) -> Response:
        artifacts = artifacts_of(actor=request.actor, run_id=run_id, search=request.query.get("search", ""))
        return paginated(request, artifacts, ArtifactOutput, key="artifacts")

    @extend_schema(
        parameters=[OpenApiParameter("Range", str, OpenApiParameter.HEADER, description="`bytes=0-499`")],
        responses={(200, "*/*"): OpenApiTypes.BINARY, (206, "*/*"): OpenApiTypes.BINARY},
    )
    @operation(
        summary="Download a file, or a range of it",
        right="artifact.download",
        response=OpenApiTypes.BINARY,
        errors=[RunNotFound, ArtifactNotFound, RangeNotSatisfiable],
        produces=["*/*"],
        tagged=True,
    )
    def download(self, request: ApiRequest, run_id: UUID, artifact_id: UUID) -> HttpResponseBase:
        artifact = artifact_get(actor=request.actor, run_id=run_id, artifact_id=artifact_id)
        return artifact_as_download(
            artifact,
            seen=request.headers.get("If-None-Match"),
            wanted=request.headers.get("Range"),
            unless_changed=request.headers.get("If-Range"),
        )
