"""Routes of second factors: one's own, and taking a teammate's away."""

from __future__ import annotations

from uuid import UUID

from django.utils import timezone
from rest_framework.response import Response

from apps.accounts.api.auth import client_of
from apps.accounts.api.serializers.second_factors import (
    CodeInput,
    EnrolmentOutput,
    ProofInput,
    RecoveryCodesOutput,
    SecondFactorBeginInput,
    SecondFactorOutput,
)
from apps.accounts.errors import (
    AccountLocked,
    NoSession,
    PermissionNotHeld,
    SecondFactorExists,
    SecondFactorNotFound,
    SecondFactorNotOffered,
    SecondFactorOff,
    SecondFactorOwn,
    UserNotFound,
    WrongCode,
    WrongPassword,
)
from apps.accounts.selectors.second_factors import second_factor_state
from apps.accounts.selectors.users import user_get
from apps.accounts.services.second_factors import (
    recovery_codes_renew,
    second_factor_begin,
    second_factor_confirm,
    second_factor_disable,
    second_factor_remove,
)
from apps.common.api import ApiRequest, ApiViewSet, Right, operation
from apps.common.errors import PermissionDenied

_PROOF_ERRORS = [WrongPassword, WrongCode, AccountLocked, SecondFactorOff, PermissionDenied]


class SecondFactorViewSet(ApiViewSet):
    """A device that shows codes, and recovery codes for the day it is lost. What is secret is told once.

    Only beginning takes an ``Idempotency-Key``: the others take a code, which works once by itself.
    """

    @operation(
        summary="Whether one has a second factor, and must have one",
        right=Right.AUTHENTICATED,
        response=SecondFactorOutput,
        errors=[PermissionDenied],
    )
    def retrieve(self, request: ApiRequest) -> Response:
        return Response(SecondFactorOutput(second_factor_state(actor=request.actor)).data)

    @operation(
        summary="Begin to set up a device; it counts once a code of it was given, in this session, within 15 minutes",
        right=Right.AUTHENTICATED,
        request=SecondFactorBeginInput,
        response=EnrolmentOutput,
        status=201,
        errors=[WrongPassword, AccountLocked, SecondFactorExists, SecondFactorNotOffered, PermissionDenied],
        idempotent=True,
    )
    def begin(self, request: ApiRequest) -> Response:
        enrolment = second_factor_begin(
            actor=request.actor, **request.payload, client=client_of(request), now=timezone.now()
        )
        return self.created(EnrolmentOutput(enrolment).data)

    @operation(
        summary="Give the first code of a device, which counts from now on; ends all other sessions",
        right=Right.AUTHENTICATED,
        request=CodeInput,
        response=RecoveryCodesOutput,
        errors=[WrongCode, SecondFactorExists, SecondFactorOff, NoSession, PermissionDenied],
    )
    def confirm(self, request: ApiRequest) -> Response:
        codes = second_factor_confirm(actor=request.actor, **request.payload, now=timezone.now())
        return Response(RecoveryCodesOutput({"recovery_codes": codes}).data)

    @operation(
        summary="Give up one's device and recovery codes",
        right=Right.AUTHENTICATED,
        request=ProofInput,
        status=204,
        errors=_PROOF_ERRORS,
    )
    def disable(self, request: ApiRequest) -> Response:
        second_factor_disable(actor=request.actor, **request.payload, client=client_of(request), now=timezone.now())
        return Response(status=204)

    @operation(
        summary="New recovery codes; the old ones are void",
        right=Right.AUTHENTICATED,
        request=ProofInput,
        response=RecoveryCodesOutput,
        status=201,
        errors=_PROOF_ERRORS,
    )
    def renew_codes(self, request: ApiRequest) -> Response:
        codes = recovery_codes_renew(
            actor=request.actor, **request.payload, client=client_of(request), now=timezone.now()
        )
        return self.created(RecoveryCodesOutput({"recovery_codes": codes}).data)

    @operation(
        summary="Take away somebody's device that is lost",
        right="admin.manage",
        status=204,
        errors=[UserNotFound, SecondFactorNotFound, SecondFactorOwn, PermissionNotHeld],
    )
    def destroy(self, request: ApiRequest, user_id: UUID) -> Response:
        user = user_get(actor=request.actor, user_id=user_id)
        second_factor_remove(actor=request.actor, user=user, now=timezone.now())
        return Response(status=204)
