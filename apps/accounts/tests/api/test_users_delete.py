"""DELETE /api/v1/users/{id}."""

from __future__ import annotations

from collections.abc import Callable

from rest_framework.test import APIClient

from apps.accounts.models import User
from apps.events.models import Event
from conftest import make_user

Clients = Callable[[User | None], APIClient]


def url(user: User) -> str:
    return f"/api/v1/users/{user.pk}"


def test_it_works_and_is_a_switching_off(client_of: Clients, owner: User, viewer: User) -> None:
    signed_in = client_of(viewer)
    assert client_of(owner).delete(url(viewer)).status_code == 204
    assert signed_in.get("/api/v1/auth/me").status_code == 401
    answer = client_of(owner).get(url(viewer))
    assert (answer.status_code, answer.json()["is_active"]) == (200, False)
    assert Event.objects.filter(name="user.deactivated", subject_id=str(viewer.pk)).count() == 1


def test_twice_is_as_good_as_once(client_of: Clients, owner: User, viewer: User) -> None:
    assert [client_of(owner).delete(url(viewer)).status_code for _ in range(2)] == [204, 204]
    assert Event.objects.filter(name="user.deactivated").count() == 1


def test_the_last_administrator_stays(client_of: Clients, owner: User) -> None:
    assert client_of(owner).delete(url(owner)).status_code == 409
    make_user("other@acme.example", "org_admin")
    assert client_of(owner).delete(url(owner)).status_code == 204


def test_a_stale_if_match_is_412(client_of: Clients, owner: User, viewer: User) -> None:
    assert client_of(owner).delete(url(viewer), HTTP_IF_MATCH='"stale"').status_code == 412


def test_nobody_is_401(client_of: Clients, viewer: User) -> None:
    assert client_of(None).delete(url(viewer)).status_code == 401


def test_without_the_right_it_is_403(client_of: Clients, teammate: User, viewer: User) -> None:
    assert client_of(teammate).delete(url(viewer)).status_code == 403


def test_an_id_of_another_organization_is_404(client_of: Clients, owner: User, foreigner: User) -> None:
    assert client_of(owner).delete(url(foreigner)).status_code == 404
