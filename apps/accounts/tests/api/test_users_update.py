"""PATCH and PUT /api/v1/users/{id}."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from rest_framework.test import APIClient

from apps.accounts.models import User
from apps.accounts.services.directory import directory_knows
from apps.events.models import Event
from apps.tenants.context import tenant_context
from apps.tenants.models import Organization
from conftest import PASSWORD, bearer, make_user

Clients = Callable[[User | None], APIClient]


def url(user: User) -> str:
    return f"/api/v1/users/{user.pk}"


@pytest.mark.parametrize("method", ["patch", "put"])
def test_it_works(client_of: Clients, owner: User, viewer: User, method: str) -> None:
    change = {"name": "Vera", "phone": "1", "department": "RH", "username": "vera", "role": "Operator"}
    answer = getattr(client_of(owner), method)(url(viewer), change)
    assert answer.status_code == 200, answer.data
    assert {name: answer.json()[name] for name in change} == change | {"role": "operator"}
    event = Event.objects.get(name="user.updated")
    assert event.data == {"changed": ["department", "name", "phone", "role", "username"]}


def test_changing_nothing_records_nothing(client_of: Clients, owner: User, viewer: User) -> None:
    assert client_of(owner).patch(url(viewer), {"name": viewer.name}).status_code == 200
    assert client_of(owner).patch(url(viewer), {}).status_code == 200
    assert not Event.objects.filter(name="user.updated").exists()


def test_a_new_address_moves_the_directory_entry(client_of: Clients, owner: User, viewer: User) -> None:
    old = viewer.email
    assert client_of(owner).patch(url(viewer), {"email": "Vera@acme.example"}).status_code == 200
    assert not directory_knows(email=old)
    assert directory_knows(email="vera@ACME.example")


def test_another_spelling_of_the_same_address_is_no_change(client_of: Clients, owner: User, viewer: User) -> None:
    assert client_of(owner).patch(url(viewer), {"email": viewer.email.upper()}).status_code == 200
    assert directory_knows(email=viewer.email)


def test_an_address_of_somebody_else_is_409(client_of: Clients, owner: User, viewer: User) -> None:
    answer = client_of(owner).patch(url(viewer), {"email": owner.email})
    assert (answer.status_code, answer.json()["error_code"]) == (409, "user_already_exists")
    assert directory_knows(email=viewer.email)


def test_a_new_password_ends_the_sessions(client_of: Clients, owner: User, viewer: User, api: APIClient) -> None:
    signed_in = client_of(viewer)
    assert client_of(owner).patch(url(viewer), {"password": PASSWORD}).status_code == 200
    assert signed_in.get("/api/v1/auth/me").status_code == 401
    assert api.post("/api/v1/auth/login", {"email": viewer.email, "password": PASSWORD}).status_code == 200


def test_switching_off_and_on_again(client_of: Clients, owner: User, viewer: User) -> None:
    signed_in = client_of(viewer)
    assert client_of(owner).patch(url(viewer), {"is_active": False}).json()["is_active"] is False
    assert signed_in.get("/api/v1/auth/me").status_code == 401
    assert client_of(owner).patch(url(viewer), {"is_active": True}).json()["is_active"] is True
    assert signed_in.get("/api/v1/auth/me").status_code == 401
    names = Event.objects.filter(name__startswith="user.").order_by("id").values_list("name", flat=True)
    assert list(names) == ["user.deactivated", "user.reactivated", "user.invited"]  # who has no password yet


@pytest.mark.parametrize("change", [{"role": "viewer"}, {"is_active": False}])
def test_the_last_administrator_stays(client_of: Clients, owner: User, change: dict[str, Any]) -> None:
    off = make_user("off@acme.example", "org_admin")
    User.objects.filter(pk=off.pk).update(is_active=False)
    answer = client_of(owner).patch(url(owner), change)
    assert (answer.status_code, answer.json()["error_code"]) == (409, "last_administrator")
    owner.refresh_from_db()
    assert (owner.is_active, owner.role.slug) == (True, "org_admin")


def test_one_of_two_administrators_may_go(client_of: Clients, owner: User) -> None:
    other = make_user("other@acme.example", "org_admin")
    assert client_of(other).patch(url(owner), {"role": "viewer"}).status_code == 200


def test_two_administrators_cannot_remove_each_other_at_once(
    live_organization: Organization, in_threads: Callable[[list[Callable[[], Any]]], list[Any]]
) -> None:
    with tenant_context(live_organization):
        pair = [make_user(f"{name}@acme.example", "org_admin") for name in ("one", "two")]
        tokens = [bearer(user, live_organization) for user in pair]

    def demote(token: str, user: User) -> int:
        client = APIClient(SERVER_NAME="localhost", HTTP_AUTHORIZATION=f"Bearer {token}")
        return int(client.patch(url(user), {"role": "viewer"}).status_code)

    codes = in_threads([lambda: demote(tokens[0], pair[1]), lambda: demote(tokens[1], pair[0])])
    assert sorted(codes) in ([200, 403], [200, 409])
    with tenant_context(live_organization):
        assert User.objects.filter(role__slug="org_admin", is_active=True).count() == 1


def test_if_match_is_honoured(client_of: Clients, owner: User, viewer: User) -> None:
    client = client_of(owner)
    tag = client.get(url(viewer))["ETag"]
    assert client.patch(url(viewer), {"name": "One"}, HTTP_IF_MATCH=tag).status_code == 200
    answer = client.patch(url(viewer), {"name": "Two"}, HTTP_IF_MATCH=tag)
    assert (answer.status_code, answer.json()["error_code"]) == (412, "precondition_failed")


@pytest.mark.parametrize("change", [{"email": "x"}, {"name": None}, {"password": "weak"}, {"id": 1}, {"is_active": 2}])
def test_nonsense_is_422(client_of: Clients, owner: User, viewer: User, change: dict[str, Any]) -> None:
    assert client_of(owner).patch(url(viewer), change).status_code == 422


@pytest.mark.parametrize("role", ["super_admin", "boss"])
def test_an_unknown_role_is_400(client_of: Clients, owner: User, viewer: User, role: str) -> None:
    assert client_of(owner).patch(url(viewer), {"role": role}).json()["error_code"] == "invalid_role"


@pytest.mark.parametrize(
    "change", [{"password": PASSWORD}, {"role": "viewer"}, {"is_active": False}, {"email": "a@b.co"}]
)
def test_a_key_takes_nobody_over_who_may_more(
    client_of: Clients, owner: User, viewer: User, api: APIClient, change: dict[str, Any]
) -> None:
    key = client_of(owner).post("/api/v1/api-keys", {"name": "hr", "permissions": ["admin.manage"]}).json()["key"]
    answer = api.patch(url(owner), change, HTTP_X_API_KEY=key)
    assert (answer.status_code, answer.json()["error_code"]) == (403, "permission_not_held")
    assert api.patch(url(viewer), {"phone": "1"}, HTTP_X_API_KEY=key).status_code == 200


def test_nobody_is_401(client_of: Clients, viewer: User) -> None:
    assert client_of(None).patch(url(viewer), {}).status_code == 401


def test_without_the_right_it_is_403_even_for_oneself(client_of: Clients, maintainer: User) -> None:
    assert client_of(maintainer).patch(url(maintainer), {"role": "org_admin"}).status_code == 403


def test_an_id_of_another_organization_is_404(client_of: Clients, owner: User, foreigner: User) -> None:
    assert client_of(owner).patch(url(foreigner), {"name": "x"}).status_code == 404
