"""Routes of users."""

from __future__ import annotations

from uuid import UUID

from django.utils import timezone
from rest_framework.response import Response

from apps.accounts.api.serializers.users import UserCreateInput, UserListQuery, UserOutput, UserUpdateInput
from apps.accounts.errors import InvalidRole, LastAdministrator, PermissionNotHeld, UserAlreadyExists, UserNotFound
from apps.accounts.selectors.users import user_get, users_visible
from apps.accounts.services.users import user_create, user_deactivate, user_update
from apps.common.api import ApiRequest, ApiViewSet, operation, page_of, paginated, single
from apps.common.errors import Busy

_CHANGE_ERRORS = [UserNotFound, UserAlreadyExists, InvalidRole, PermissionNotHeld, LastAdministrator, Busy]


class UserViewSet(ApiViewSet):
    """People of the organization."""

    @operation(
        summary="Users, by address or as ordered",
        right="admin.manage",
        query=UserListQuery,
        response=page_of(UserOutput, "users"),
    )
    def list(self, request: ApiRequest) -> Response:
        filters = {name: value for name, value in request.query.items() if name not in {"page", "limit", "ordering"}}
        return paginated(request, users_visible(actor=request.actor, **filters), UserOutput, key="users")

    @operation(
        summary="Add a user",
        right="admin.manage",
        request=UserCreateInput,
        response=UserOutput,
        status=201,
        errors=[UserAlreadyExists, InvalidRole, PermissionNotHeld],
        idempotent=True,
    )
    def create(self, request: ApiRequest) -> Response:
        user = user_create(actor=request.actor, **request.payload, now=timezone.now())
        return single(request, user, UserOutput, status=201)

    @operation(summary="One user", right="admin.manage", response=UserOutput, errors=[UserNotFound], tagged=True)
    def retrieve(self, request: ApiRequest, user_id: UUID) -> Response:
        return single(request, user_get(actor=request.actor, user_id=user_id), UserOutput)

    @operation(
        summary="Change a user; a new password or switching off ends their sessions",
        right="admin.manage",
        request=UserUpdateInput,
        response=UserOutput,
        errors=_CHANGE_ERRORS,
        conditional=True,
    )
    def update(self, request: ApiRequest, user_id: UUID) -> Response:
        user = user_update(
            actor=request.actor,
            user=user_get(actor=request.actor, user_id=user_id),
            changes=request.payload,
            if_match=request.if_match,
            now=timezone.now(),
        )
        return single(request, user, UserOutput)

    @operation(
        summary="Switch a user off; the account stays for the ledger and can come back",
        right="admin.manage",
        status=204,
        errors=[UserNotFound, PermissionNotHeld, LastAdministrator, Busy],
        conditional=True,
    )
    def destroy(self, request: ApiRequest, user_id: UUID) -> Response:
        user = user_get(actor=request.actor, user_id=user_id)
        user_deactivate(actor=request.actor, user=user, if_match=request.if_match, now=timezone.now())
        return Response(status=204)
