"""Routes of one's own sessions."""

from __future__ import annotations

from uuid import UUID

from django.utils import timezone
from rest_framework.response import Response

from apps.accounts.api.auth import client_of
from apps.accounts.api.serializers.auth import SessionListQuery, SessionOutput
from apps.accounts.authentication.http import comes_by_cookie
from apps.accounts.errors import SessionNotFound, WrongPassword
from apps.accounts.selectors.sessions import session_own_get, sessions_own
from apps.accounts.services.sessions import session_end_own, session_end_with_password
from apps.common.api import ApiRequest, ApiViewSet, Right, operation, page_of, paginated


class SessionViewSet(ApiViewSet):
    """Where one is signed in."""

    @operation(
        summary="One's own live sessions, the last used first; an API key has none",
        right=Right.AUTHENTICATED,
        query=SessionListQuery,
        response=page_of(SessionOutput, "sessions"),
    )
    def list(self, request: ApiRequest) -> Response:
        sessions = sessions_own(actor=request.actor, now=timezone.now())
        return paginated(request, sessions, SessionOutput, key="sessions")

    @operation(
        summary="End a session; its tokens are refused from the next request on; browsers end others on their page",
        right=Right.AUTHENTICATED,
        status=204,
        errors=[SessionNotFound, WrongPassword],
    )
    def destroy(self, request: ApiRequest, session_id: UUID) -> Response:
        now = timezone.now()
        session = session_own_get(actor=request.actor, session_id=session_id, now=now)
        if comes_by_cookie(request._request):  # the page asks for the password, and there is no way around it
            session_end_with_password(
                actor=request.actor, session=session, password="", client=client_of(request), now=now
            )
        else:
            session_end_own(actor=request.actor, session=session, now=now)
        return Response(status=204)
