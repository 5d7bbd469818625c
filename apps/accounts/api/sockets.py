"""Tickets for sockets."""

from __future__ import annotations

from django.utils import timezone
from rest_framework.response import Response

from apps.accounts.api.serializers.auth import SocketTicketOutput
from apps.accounts.services.socket_tickets import socket_ticket_create
from apps.common.api import ApiRequest, ApiViewSet, Right, operation


class SocketTicketViewSet(ApiViewSet):
    """Tickets that open one WebSocket each."""

    @operation(
        summary="A ticket for one WebSocket, for `?ticket=`",
        right=Right.AUTHENTICATED,
        response=SocketTicketOutput,
        status=201,
        idempotent=True,
    )
    def create(self, request: ApiRequest) -> Response:
        ticket, expires_in = socket_ticket_create(actor=request.actor, now=timezone.now())
        return self.created({"ticket": ticket, "expires_in": expires_in})
