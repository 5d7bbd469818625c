"""Routes of retention."""

from __future__ import annotations

from django.utils import timezone
from rest_framework.response import Response

from apps.common.api import ApiRequest, ApiViewSet, Right, operation, single
from apps.executions.api.serializers import RetentionInput, RetentionOutput, RetentionPreviewOutput
from apps.executions.errors import RetentionOrder
from apps.executions.selectors import retention_get, retention_preview
from apps.executions.services.retention import MANAGE, retention_update


class RetentionViewSet(ApiViewSet):
    """How long finished runs, their logs and their artifacts are kept."""

    @operation(summary="Days that things are kept", right=Right.AUTHENTICATED, response=RetentionOutput, tagged=True)
    def retrieve(self, request: ApiRequest) -> Response:
        return single(request, retention_get(actor=request.actor), RetentionOutput)

    @operation(
        summary="Change how long things are kept; what is older goes within the hour",
        right=MANAGE,
        request=RetentionInput,
        response=RetentionOutput,
        errors=[RetentionOrder],
        conditional=True,
    )
    def update(self, request: ApiRequest) -> Response:
        retention = retention_update(
            actor=request.actor, changes=request.payload, if_match=request.if_match, now=timezone.now()
        )
        return single(request, retention, RetentionOutput)

    @operation(
        summary="What is older than kept and would go now; removes nothing",
        right=MANAGE,
        response=RetentionPreviewOutput,
    )
    def preview(self, request: ApiRequest) -> Response:
        preview = retention_preview(actor=request.actor, now=timezone.now())
        return Response(RetentionPreviewOutput(preview).data)
