"""Routes of what a person may: role, grants, and why."""

from __future__ import annotations

from uuid import UUID

from django.utils import timezone
from rest_framework.response import Response

from apps.accounts.api.serializers.grants import (
    GrantCreateInput,
    GrantOutput,
    RightsExplainQuery,
    RightsExplanationOutput,
    RightsOutput,
)
from apps.accounts.errors import (
    GrantExists,
    GrantNotFound,
    LastAdministrator,
    PermissionNotHeld,
    ResourceNotFound,
    UnknownAction,
    UserNotFound,
    WrongResourceType,
)
from apps.accounts.selectors.rights import rights_explain, user_rights
from apps.accounts.selectors.users import user_get
from apps.accounts.services.grants import MANAGE, holder_grant_add, holder_grant_remove
from apps.common.api import ApiRequest, ApiViewSet, operation
from apps.common.errors import Busy

_ABOUT_ERRORS = [UserNotFound, UnknownAction, WrongResourceType, ResourceNotFound]


class UserPermissionViewSet(ApiViewSet):
    """Rights of one person: explicit grants for an action take the role's place for it."""

    @operation(
        summary="What a user may: role, own grants, grants of groups",
        right=MANAGE,
        response=RightsOutput,
        errors=[UserNotFound],
    )
    def list(self, request: ApiRequest, user_id: UUID) -> Response:
        return Response(RightsOutput(user_rights(actor=request.actor, user_id=user_id)).data)

    @operation(
        summary="Grant an action on one object, or on all with a tag",
        right=MANAGE,
        request=GrantCreateInput,
        response=GrantOutput,
        status=201,
        errors=[*_ABOUT_ERRORS, GrantExists, PermissionNotHeld, LastAdministrator, Busy],
        idempotent=True,
    )
    def create(self, request: ApiRequest, user_id: UUID) -> Response:
        user = user_get(actor=request.actor, user_id=user_id)
        grant = holder_grant_add(actor=request.actor, holder=user, **request.payload, now=timezone.now())
        return Response(GrantOutput(grant).data, status=201)

    @operation(
        summary="Take a grant back; with the last one for an action the role counts again",
        right=MANAGE,
        status=204,
        errors=[UserNotFound, GrantNotFound, PermissionNotHeld],
    )
    def destroy(self, request: ApiRequest, user_id: UUID, grant_id: UUID) -> Response:
        user = user_get(actor=request.actor, user_id=user_id)
        holder_grant_remove(actor=request.actor, holder=user, grant_id=grant_id, now=timezone.now())
        return Response(status=204)

    @operation(
        summary="Why a user may do an action, or may not; without an object, anywhere at all",
        right=MANAGE,
        query=RightsExplainQuery,
        response=RightsExplanationOutput,
        errors=_ABOUT_ERRORS,
    )
    def explain(self, request: ApiRequest, user_id: UUID) -> Response:
        explanation = rights_explain(actor=request.actor, user_id=user_id, **request.query)
        return Response(RightsExplanationOutput(explanation).data)
