"""POST /api/v1/ws/ticket."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

import pytest
from django.utils import timezone
from rest_framework.test import APIClient

from apps.accounts.errors import InvalidCredentials
from apps.accounts.models import ApiKey, Session, SocketTicket, User
from apps.accounts.services.socket_tickets import socket_ticket_redeem

URL = "/api/v1/ws/ticket"
Clients = Callable[[User | None], APIClient]


def test_it_works(client_of: Clients, viewer: User) -> None:
    answer = client_of(viewer).post(URL)
    assert answer.status_code == 201
    assert set(answer.json()) == {"ticket", "expires_in"}
    assert answer.json()["expires_in"] == 30
    actor = socket_ticket_redeem(ticket=answer.json()["ticket"], now=timezone.now(), ip="192.0.2.1")
    assert (actor.user_id, actor.session_id) == (viewer.pk, str(Session.objects.get().pk))


def test_it_works_once(client_of: Clients, viewer: User) -> None:
    ticket = client_of(viewer).post(URL).json()["ticket"]
    socket_ticket_redeem(ticket=ticket, now=timezone.now(), ip=None)
    with pytest.raises(InvalidCredentials):
        socket_ticket_redeem(ticket=ticket, now=timezone.now(), ip=None)


def test_it_lives_thirty_seconds(client_of: Clients, viewer: User) -> None:
    ticket = client_of(viewer).post(URL).json()["ticket"]
    with pytest.raises(InvalidCredentials):
        socket_ticket_redeem(ticket=ticket, now=timezone.now() + timedelta(seconds=30), ip=None)


def test_it_ends_with_its_session(client_of: Clients, viewer: User) -> None:
    ticket = client_of(viewer).post(URL).json()["ticket"]
    Session.objects.update(revoked_at=timezone.now())
    with pytest.raises(InvalidCredentials):
        socket_ticket_redeem(ticket=ticket, now=timezone.now(), ip=None)


def test_a_keys_ticket_may_what_the_key_may(client_of: Clients, teammate: User, api: APIClient) -> None:
    key = client_of(teammate).post("/api/v1/api-keys", {"name": "ci", "permissions": ["run.read"]}).json()["key"]
    tickets = [api.post(URL, HTTP_X_API_KEY=key).json()["ticket"] for _ in range(2)]
    actor = socket_ticket_redeem(ticket=tickets[0], now=timezone.now(), ip=None)
    assert actor.type == "api_key"
    assert actor.permissions == actor.confined_to == frozenset({"run.read"})
    ApiKey.objects.update(revoked_at=timezone.now())
    with pytest.raises(InvalidCredentials):
        socket_ticket_redeem(ticket=tickets[1], now=timezone.now(), ip=None)


def test_only_a_hash_is_stored_and_old_ones_go(client_of: Clients, viewer: User) -> None:
    client = client_of(viewer)
    ticket = client.post(URL).json()["ticket"]
    assert ticket[-20:] not in str(SocketTicket.objects.values().get())
    SocketTicket.objects.update(expires_at=timezone.now() - timedelta(seconds=1))
    client.post(URL)
    assert SocketTicket.objects.count() == 1


def test_a_body_is_422(client_of: Clients, viewer: User) -> None:
    assert client_of(viewer).post(URL, {"life": 3600}).status_code == 422


def test_nobody_is_401(client_of: Clients) -> None:
    assert client_of(None).post(URL).status_code == 401
