"""POST /api/v1/users."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from rest_framework.test import APIClient

from apps.accounts.models import User
from apps.accounts.tests.conftest import tokens_in
from apps.events.models import Event
from apps.tenants.context import public_context, tenant_context
from apps.tenants.models import DirectoryEntry, Organization
from conftest import PASSWORD

URL = "/api/v1/users"
BODY: dict[str, Any] = {"email": "New@Acme.example", "name": "Nova Pessoa", "role": "operator", "password": PASSWORD}
Clients = Callable[[User | None], APIClient]


def test_it_works(client_of: Clients, owner: User, api: APIClient) -> None:
    body = BODY | {"username": "nova", "phone": "+55 11 1", "department": "RH"}
    answer = client_of(owner).post(URL, body)
    assert answer.status_code == 201, answer.data
    user = answer.json()
    assert (user["email"], user["role"], user["is_active"]) == ("new@acme.example", "operator", True)
    assert (user["username"], user["phone"], user["department"]) == ("nova", "+55 11 1", "RH")
    assert "password" not in user
    assert answer["ETag"]
    assert api.post("/api/v1/auth/login", {"email": BODY["email"], "password": PASSWORD}).status_code == 200
    event = Event.objects.get(name="user.created")
    assert (event.subject_id, event.actor_id) == (user["id"], str(owner.pk))


def test_without_a_password_an_invitation_is_mailed(
    client_of: Clients, owner: User, api: APIClient, mailed: Callable[[], list[Any]]
) -> None:
    body = {name: value for name, value in BODY.items() if name != "password"}
    assert client_of(owner).post(URL, body).status_code == 201
    [mail] = mailed()
    [token] = tokens_in(mail)
    answer = api.post("/api/v1/auth/reset-password", {"token": token, "new_password": PASSWORD})
    assert answer.status_code == 200
    assert api.post("/api/v1/auth/login", {"email": BODY["email"], "password": PASSWORD}).status_code == 200


def test_a_repeated_request_invites_once(client_of: Clients, owner: User, mailed: Callable[[], list[Any]]) -> None:
    body = {name: value for name, value in BODY.items() if name != "password"}
    answers = [client_of(owner).post(URL, body, HTTP_IDEMPOTENCY_KEY="one") for _ in range(2)]
    assert [answer.status_code for answer in answers] == [201, 201]
    assert len(mailed()) == 1


def test_a_name_is_one_line_for_it_stands_in_mails(client_of: Clients, owner: User, viewer: User) -> None:
    name = "Nova\n\nYour account is closed, see evil.example"
    answers = [
        client_of(owner).post(URL, BODY | {"name": name}),
        client_of(owner).patch(f"{URL}/{viewer.pk}", {"name": name}),
    ]
    assert [(answer.status_code, list(answer.json()["errors"])) for answer in answers] == [(422, ["name"])] * 2


@pytest.mark.parametrize("spelling", ["viewer", "Viewer", "Admin", "admin", "org_admin", "Maintainer", "agent"])
def test_every_spelling_of_the_documents_names_a_role(client_of: Clients, owner: User, spelling: str) -> None:
    answer = client_of(owner).post(URL, BODY | {"role": spelling})
    assert answer.json()["role"] == ("org_admin" if spelling.lower() == "admin" else spelling.lower())


def test_without_a_password_nobody_signs_in_by_password(client_of: Clients, owner: User, api: APIClient) -> None:
    body = {name: value for name, value in BODY.items() if name != "password"}
    assert client_of(owner).post(URL, body).status_code == 201
    assert api.post("/api/v1/auth/login", {"email": BODY["email"], "password": "!"}).status_code == 401


def test_the_address_may_be_known_elsewhere(client_of: Clients, owner: User, foreigner: User) -> None:
    assert client_of(owner).post(URL, BODY | {"email": foreigner.email}).status_code == 201


def test_a_duplicate_is_409_and_leaves_nothing(
    client_of: Clients, owner: User, viewer: User, organization: Organization
) -> None:
    answer = client_of(owner).post(URL, BODY | {"email": viewer.email.upper()})
    assert (answer.status_code, answer.json()["error_code"]) == (409, "user_already_exists")
    with public_context():
        assert DirectoryEntry.objects.filter(schema_name=organization.schema_name).count() == 2


@pytest.mark.parametrize("role", ["super_admin", "boss", "Org Admin"])
def test_an_unknown_role_is_400(client_of: Clients, owner: User, role: str) -> None:
    answer = client_of(owner).post(URL, BODY | {"role": role})
    assert (answer.status_code, answer.json()["error_code"]) == (400, "invalid_role")


@pytest.mark.parametrize(
    "change", [{"email": "x"}, {"name": ""}, {"password": "weak"}, {"password": None}, {"unknown": 1}, {"role": ""}]
)
def test_nonsense_is_422(client_of: Clients, owner: User, change: dict[str, Any]) -> None:
    assert client_of(owner).post(URL, BODY | change).status_code == 422


@pytest.mark.parametrize("missing", ["email", "name", "role"])
def test_missing_fields_are_422(client_of: Clients, owner: User, missing: str) -> None:
    body = {name: value for name, value in BODY.items() if name != missing}
    assert list(client_of(owner).post(URL, body).json()["errors"]) == [missing]


def test_nobody_is_401(client_of: Clients) -> None:
    assert client_of(None).post(URL, BODY).status_code == 401


@pytest.mark.parametrize("who", ["maintainer", "teammate", "viewer", "stranger"])
def test_without_the_right_it_is_403(client_of: Clients, who: str, request: pytest.FixtureRequest) -> None:
    assert client_of(request.getfixturevalue(who)).post(URL, BODY).status_code == 403


def test_a_key_gives_no_role_beyond_its_own(client_of: Clients, owner: User, api: APIClient) -> None:
    body = {"name": "hr", "permissions": ["admin.manage"]}
    key = client_of(owner).post("/api/v1/api-keys", body).json()["key"]
    answer = api.post(URL, BODY, HTTP_X_API_KEY=key)
    assert (answer.status_code, answer.json()["error_code"]) == (403, "permission_not_held")


def test_a_foreigner_adds_to_their_own_organization_only(
    client_of: Clients, foreigner: User, other_organization: Organization
) -> None:
    assert client_of(foreigner).post(URL, BODY).status_code == 201
    assert not User.objects.filter(email="new@acme.example").exists()
    with tenant_context(other_organization):
        assert User.objects.filter(email="new@acme.example").exists()
