"""Routes of API keys."""

from __future__ import annotations

from uuid import UUID

from django.utils import timezone
from rest_framework.response import Response

from apps.accounts.api.auth import client_of
from apps.accounts.api.serializers.api_keys import ApiKeyCreateInput, ApiKeyListQuery, ApiKeyOutput, NewApiKeyOutput
from apps.accounts.authentication.http import comes_by_cookie
from apps.accounts.errors import ApiKeyNotFound, PermissionNotHeld, TooManyApiKeys, UnknownPermission, WrongPassword
from apps.accounts.selectors.api_keys import api_key_get, api_keys_visible
from apps.accounts.services.api_keys import api_key_create, api_key_revoke
from apps.accounts.services.attempts import password_prove
from apps.common.api import ApiRequest, ApiViewSet, Right, operation, page_of, paginated
from apps.common.errors import PermissionDenied


class ApiKeyViewSet(ApiViewSet):
    """Keys for programs."""

    @operation(
        summary="Keys of one's own; to administrators, everybody's",
        right=Right.AUTHENTICATED,
        query=ApiKeyListQuery,
        response=page_of(ApiKeyOutput, "api_keys"),
    )
    def list(self, request: ApiRequest) -> Response:
        keys = api_keys_visible(actor=request.actor, search=request.query.get("search", ""))
        return paginated(request, keys, ApiKeyOutput, key="api_keys")

    @operation(
        summary="Make a key; its secret is in this answer and nowhere else; browsers make one on their page",
        right=Right.AUTHENTICATED,
        request=ApiKeyCreateInput,
        response=NewApiKeyOutput,
        status=201,
        errors=[UnknownPermission, PermissionNotHeld, PermissionDenied, TooManyApiKeys, WrongPassword],
        idempotent=True,
    )
    def create(self, request: ApiRequest) -> Response:
        now = timezone.now()
        if comes_by_cookie(request._request):  # the page asks for the password, and there is no way around it
            password_prove(actor=request.actor, password="", client=client_of(request), now=now)
        key, text = api_key_create(actor=request.actor, **request.payload, now=now)
        fields = ("id", "name", "prefix", "permissions", "expires_at", "created_at")
        answer = {name: getattr(key, name) for name in fields} | {"key": text}
        return self.created(NewApiKeyOutput(answer).data)

    @operation(summary="Revoke a key", right=Right.AUTHENTICATED, status=204, errors=[ApiKeyNotFound])
    def destroy(self, request: ApiRequest, key_id: UUID) -> Response:
        key = api_key_get(actor=request.actor, key_id=key_id)
        api_key_revoke(actor=request.actor, key=key, now=timezone.now())
        return Response(status=204)
