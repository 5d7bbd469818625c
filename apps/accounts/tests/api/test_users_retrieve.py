"""GET /api/v1/users/{id}."""

from __future__ import annotations

from collections.abc import Callable

from rest_framework.test import APIClient

from apps.accounts.models import User

Clients = Callable[[User | None], APIClient]


def url(user: User) -> str:
    return f"/api/v1/users/{user.pk}"


def test_it_works(client_of: Clients, owner: User, viewer: User) -> None:
    answer = client_of(owner).get(url(viewer))
    assert answer.status_code == 200
    assert (answer.json()["email"], answer.json()["role"]) == (viewer.email, "viewer")
    assert client_of(owner).get(url(viewer), HTTP_IF_NONE_MATCH=answer["ETag"]).status_code == 304


def test_a_sign_in_does_not_change_the_state(client_of: Clients, owner: User, viewer: User) -> None:
    tag = client_of(owner).get(url(viewer))["ETag"].partition(".")[0]
    User.objects.filter(pk=viewer.pk).update(failed_logins=3)
    assert client_of(owner).get(url(viewer))["ETag"].partition(".")[0] == tag


def test_nobody_is_401(client_of: Clients, viewer: User) -> None:
    assert client_of(None).get(url(viewer)).status_code == 401


def test_without_the_right_it_is_403(client_of: Clients, teammate: User, viewer: User) -> None:
    assert client_of(teammate).get(url(viewer)).status_code == 403


def test_an_id_of_another_organization_is_404(client_of: Clients, owner: User, foreigner: User, viewer: User) -> None:
    for user, target in ((owner, foreigner), (foreigner, viewer)):
        answer = client_of(user).get(url(target))
        assert (answer.status_code, answer.json()["error_code"]) == (404, "user_not_found")
