"""Routes of support access: asked for, entered and ended by the platform; seen and ended by the organization."""

from __future__ import annotations

from uuid import UUID

from django.utils import timezone
from rest_framework.response import Response

from apps.accounts.api.serializers.support import (
    OwnSupportGrantOutput,
    SupportGrantInput,
    SupportGrantListQuery,
    SupportGrantOutput,
    SupportTokenOutput,
)
from apps.accounts.errors import SupportForbidden, SupportGrantNotFound, SupportGrantOver
from apps.accounts.selectors.support_grants import support_grant_get, support_grants_own, support_grants_visible
from apps.accounts.services.support_grants import (
    MANAGE,
    support_grant_ask,
    support_grant_end,
    support_grant_end_own,
    support_grant_enter,
)
from apps.common.api import ApiRequest, ApiViewSet, operation, page_of, paginated
from apps.tenants.errors import OrganizationNotFound

RIGHT = "platform.manage"


class SupportGrantViewSet(ApiViewSet):
    """Access of the platform's support to one organization, in the hands of the platform."""

    @operation(
        summary="Access to an organization, the last one first",
        right=RIGHT,
        query=SupportGrantListQuery,
        response=page_of(SupportGrantOutput, "support_grants"),
        errors=[OrganizationNotFound],
    )
    def list(self, request: ApiRequest, organization_id: UUID) -> Response:
        rows = support_grants_visible(
            actor=request.actor,
            organization_id=organization_id,
            live=request.query.get("live"),
            now=timezone.now(),
        )
        return paginated(request, rows, SupportGrantOutput, key="support_grants")

    @operation(
        summary="Ask for access to an organization, with a reason that it reads; it begins now",
        right=RIGHT,
        request=SupportGrantInput,
        response=SupportGrantOutput,
        status=201,
        errors=[OrganizationNotFound, SupportForbidden],
        idempotent=True,
    )
    def create(self, request: ApiRequest, organization_id: UUID) -> Response:
        grant = support_grant_ask(
            actor=request.actor, organization_id=organization_id, **request.payload, now=timezone.now()
        )
        return self.created(SupportGrantOutput(grant).data)

    @operation(
        summary="Enter: a token for the organization's API, until the access ends; the one before is void",
        right=RIGHT,
        response=SupportTokenOutput,
        status=201,
        errors=[SupportGrantNotFound, SupportGrantOver, SupportForbidden],
    )
    def enter(self, request: ApiRequest, organization_id: UUID, support_grant_id: UUID) -> Response:
        now = timezone.now()
        grant, token = support_grant_enter(
            actor=request.actor, organization_id=organization_id, grant_id=support_grant_id, now=now
        )
        seconds = int((grant.expires_at - now).total_seconds())
        answer = {"access_token": token, "token_type": "bearer", "expires_in": seconds}
        return self.created(SupportTokenOutput(answer).data)

    @operation(
        summary="End access to an organization",
        right=RIGHT,
        status=204,
        errors=[SupportGrantNotFound, SupportGrantOver],
    )
    def destroy(self, request: ApiRequest, organization_id: UUID, support_grant_id: UUID) -> Response:
        grant = support_grant_get(actor=request.actor, organization_id=organization_id, grant_id=support_grant_id)
        support_grant_end(actor=request.actor, grant_id=grant.pk, now=timezone.now())
        return Response(status=204)


class OwnSupportGrantViewSet(ApiViewSet):
    """Access of the platform's support, as the organization sees it."""

    @operation(
        summary="Who of the platform was let in, when and why, the last one first",
        right=MANAGE,
        query=SupportGrantListQuery,
        response=page_of(OwnSupportGrantOutput, "support_grants"),
    )
    def list(self, request: ApiRequest) -> Response:
        rows = support_grants_own(actor=request.actor, live=request.query.get("live"), now=timezone.now())
        return paginated(request, rows, OwnSupportGrantOutput, key="support_grants")

    @operation(
        summary="End access of the platform's support",
        right=MANAGE,
        status=204,
        errors=[SupportGrantNotFound, SupportGrantOver],
    )
    def destroy(self, request: ApiRequest, support_grant_id: UUID) -> Response:
        support_grant_end_own(actor=request.actor, grant_id=support_grant_id, now=timezone.now())
        return Response(status=204)
