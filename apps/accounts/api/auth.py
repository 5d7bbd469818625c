"""Routes of sign-in."""

from __future__ import annotations

from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from rest_framework.response import Response

from apps.accounts.api.serializers.auth import (
    LoginInput,
    LogoutInput,
    MeOutput,
    MeUpdateInput,
    RefreshInput,
    RegisterInput,
    SignedInOutput,
    TokensOutput,
)
from apps.accounts.errors import (
    AccountInactive,
    AccountLocked,
    EmailTaken,
    InvalidRefreshToken,
    LocalSignInOff,
    NoSession,
    OrganizationRequired,
    RefreshTokenReused,
    SecondFactorRequired,
    WrongCredentials,
    WrongSecondFactor,
)
from apps.accounts.payloads import Client, SignedIn
from apps.accounts.services.profile import profile_update
from apps.accounts.services.registration import organization_register
from apps.accounts.services.sessions import session_end, session_refresh
from apps.accounts.services.sign_in import sign_in
from apps.accounts.tenancy import bearer_of, organization_of_host
from apps.common.api import ApiRequest, ApiViewSet, Right, operation, shown_by, single
from apps.common.errors import InvalidInput, PermissionDenied
from apps.common.middleware.headers import forgotten
from apps.tenants.errors import OrganizationInactive, WrongOrganization


class AuthViewSet(ApiViewSet):
    """Signing up, in and out."""

    @operation(
        summary="Sign up: a new organization and its first user",
        right=Right.PUBLIC,
        request=RegisterInput,
        response=SignedInOutput,
        status=201,
        errors=[EmailTaken],
        idempotent=True,
    )
    def register(self, request: ApiRequest) -> Response:
        return self.created(
            _signed_in(organization_register(**request.payload, client=client_of(request), now=timezone.now()))
        )

    @operation(
        summary="Sign in with e-mail and password, and a code where the account has a second factor",
        right=Right.PUBLIC,
        request=LoginInput,
        response=SignedInOutput,
        errors=[
            WrongCredentials,
            SecondFactorRequired,
            WrongSecondFactor,
            AccountLocked,
            AccountInactive,
            OrganizationInactive,
            OrganizationRequired,
            LocalSignInOff,
        ],
    )
    def login(self, request: ApiRequest) -> Response:
        payload, host = dict(request.payload), organization_of_host(request.get_host())
        slug = payload.pop("organization", None)
        return Response(
            _signed_in(sign_in(**payload, slug=slug, host=host, client=client_of(request), now=timezone.now()))
        )

    @operation(
        summary="Exchange a refresh token, in the body or as bearer, for a new pair",
        right=Right.PUBLIC,
        request=RefreshInput,
        response=TokensOutput,
        errors=[InvalidRefreshToken, RefreshTokenReused, WrongOrganization, OrganizationInactive],
    )
    def refresh(self, request: ApiRequest) -> Response:
        token = request.payload.get("refresh_token") or bearer_of(request.headers.get("Authorization"))
        if token is None:
            raise InvalidInput(errors={"refresh_token": [_("This field is required.")]})
        host = organization_of_host(request.get_host())
        tokens = session_refresh(token=token, host=host, client=client_of(request), now=timezone.now())
        return Response(TokensOutput(tokens).data)

    @operation(
        summary="Sign out: end this session",
        right=Right.AUTHENTICATED,
        request=LogoutInput,
        status=204,
        errors=[NoSession],
    )
    def logout(self, request: ApiRequest) -> Response:
        session_end(actor=request.actor, refresh_token=request.payload.get("refresh_token"), now=timezone.now())
        return forgotten(Response(status=204))

    @operation(
        summary="Who is signed in", right=Right.AUTHENTICATED, response=MeOutput, errors=[PermissionDenied], tagged=True
    )
    def me(self, request: ApiRequest) -> Response:
        if request.actor.user is None:  # support of the platform belongs to no organization
            raise PermissionDenied
        return single(request, request.actor.user, MeOutput)

    @operation(
        summary="Change what one may change about oneself",
        right=Right.AUTHENTICATED,
        request=MeUpdateInput,
        response=MeOutput,
        errors=[PermissionDenied],
        conditional=True,
    )
    def update_me(self, request: ApiRequest) -> Response:
        user = profile_update(
            actor=request.actor, changes=request.payload, if_match=request.if_match, now=timezone.now()
        )
        return single(request, user, MeOutput)


def client_of(request: ApiRequest) -> Client:
    """The device that asks."""
    return Client(ip=request.actor.ip, device=request.headers.get("User-Agent", ""))


def _signed_in(signed_in: SignedIn) -> object:
    tokens = signed_in.tokens
    answer = {
        "access_token": tokens.access_token,
        "refresh_token": tokens.refresh_token,
        "expires_in": tokens.expires_in,
        "user": signed_in.user,
        "organization": signed_in.organization,
    }
    return shown_by(SignedInOutput, answer, organization=signed_in.organization)
