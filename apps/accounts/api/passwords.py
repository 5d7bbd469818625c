"""Routes of passwords: forgotten, set with a mailed link, changed."""

from __future__ import annotations

from django.utils import timezone
from django.utils.translation import gettext as _
from rest_framework.response import Response

from apps.accounts.api.auth import client_of
from apps.accounts.api.serializers.auth import (
    ChangePasswordInput,
    ForgotPasswordInput,
    MessageOutput,
    ResetPasswordInput,
)
from apps.accounts.errors import AccountLocked, InvalidLink, LocalSignInOff, WrongPassword
from apps.accounts.services.password_resets import password_reset, password_reset_request
from apps.accounts.services.passwords import password_change
from apps.accounts.tenancy import organization_of_host
from apps.common.api import ApiRequest, ApiViewSet, Right, operation
from apps.common.errors import PermissionDenied


class PasswordViewSet(ApiViewSet):
    """One's own password."""

    @operation(
        summary="Ask for a mail with a link to a new password; the answer is the same for every address",
        right=Right.PUBLIC,
        request=ForgotPasswordInput,
        response=MessageOutput,
        errors=[LocalSignInOff],
        idempotent=True,
    )
    def forgot(self, request: ApiRequest) -> Response:
        password_reset_request(
            email=request.payload["email"],
            slug=request.payload.get("organization"),
            host=organization_of_host(request.get_host()),
            client=client_of(request),
            now=timezone.now(),
        )
        return Response({"message": _("If this address has an account, a mail with a link is on its way to it.")})

    @operation(
        summary="Set a password with the token of a mailed link, of a reset or an invitation; ends all sessions",
        right=Right.PUBLIC,
        request=ResetPasswordInput,
        response=MessageOutput,
        errors=[InvalidLink, LocalSignInOff],
        idempotent=True,
    )
    def reset(self, request: ApiRequest) -> Response:
        host = organization_of_host(request.get_host())
        password_reset(**request.payload, host=host, client=client_of(request), now=timezone.now())
        return Response({"message": _("The password is set. You can sign in with it now.")})

    @operation(
        summary="Change one's own password; ends all other sessions",
        right=Right.AUTHENTICATED,
        request=ChangePasswordInput,
        status=204,
        errors=[WrongPassword, AccountLocked, PermissionDenied],
        idempotent=True,
    )
    def change(self, request: ApiRequest) -> Response:
        password_change(actor=request.actor, **request.payload, client=client_of(request), now=timezone.now())
        return Response(status=204)
