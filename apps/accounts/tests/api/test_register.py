"""POST /api/v1/auth/register."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from django.db import connection
from rest_framework.test import APIClient

from apps.accounts.models import Session, User
from apps.events.models import Event
from apps.tenants.context import public_context, tenant_context
from apps.tenants.models import DirectoryEntry, Organization

URL = "/api/v1/auth/register"
BODY = {
    "email": "Rosa@Padaria.example",
    "password": "Correct-horse-7",
    "name": "Rosa Alves",
    "organization_name": "Padaria São João",
}


def test_it_works(api: APIClient) -> None:
    answer = api.post(URL, BODY)
    assert answer.status_code == 201, answer.data
    body: dict[str, Any] = answer.json()
    assert set(body) == {
        "access_token", "refresh_token", "token_type", "expires_in", "user", "organization",
    }  # fmt: skip
    assert body["token_type"] == "bearer"
    assert body["expires_in"] == 900
    assert body["user"]["email"] == "rosa@padaria.example"
    assert body["user"]["role"] == "org_admin"
    assert "service.manage" in body["user"]["permissions"]
    assert body["user"]["organization_id"] == body["organization"]["id"]
    assert body["organization"]["slug"] == "padaria-sao-joao"
    api.credentials(HTTP_AUTHORIZATION=f"Bearer {body['access_token']}")
    me = api.get("/api/v1/auth/me").json()["user"]
    assert me["id"] == body["user"]["id"]
    assert me["organization"] == body["organization"]


def test_it_is_all_in_the_new_organization(api: APIClient) -> None:
    slug = api.post(URL, BODY).json()["organization"]["slug"]
    with public_context():
        organization = Organization.objects.get(slug=slug)
        assert DirectoryEntry.objects.filter(schema_name=organization.schema_name).count() == 1
    with tenant_context(organization):
        assert User.objects.count() == 1
        assert Session.objects.count() == 1
        names = list(Event.objects.order_by("id").values_list("name", flat=True))
        assert names == ["organization.created", "user.created", "session.started"]
        assert set(Event.objects.values_list("actor_label", flat=True)) == {"rosa@padaria.example"}


def test_a_taken_slug_gets_a_number(api: APIClient) -> None:
    slugs = []
    for number in range(3):
        body = BODY | {"email": f"rosa{number}@padaria.example"}
        slugs.append(api.post(URL, body).json()["organization"]["slug"])
    assert slugs == ["padaria-sao-joao", "padaria-sao-joao-1", "padaria-sao-joao-2"]


def test_an_address_registered_anywhere_is_taken(api: APIClient, foreigner: User) -> None:
    answer = api.post(URL, BODY | {"email": foreigner.email.upper()})
    assert answer.status_code == 400
    assert answer.json()["error_code"] == "email_taken"


@pytest.mark.parametrize(
    ("password", "texts"),
    [
        ("", 1),
        ("short", 3),
        ("alllowercase1", 1),
        ("ALLUPPERCASE1", 1),
        ("NoDigitsAtAll", 1),
        ("aA1" * 40, 1),
        ("Password1", 1),
        ("........", 3),
    ],
)
def test_a_weak_password_says_each_rule_missed(api: APIClient, password: str, texts: int) -> None:
    answer = api.post(URL, BODY | {"password": password})
    assert answer.status_code == 422
    assert len(answer.json()["errors"]["password"]) == texts


@pytest.mark.parametrize("missing", sorted(BODY))
def test_a_missing_field_is_422(api: APIClient, missing: str) -> None:
    answer = api.post(URL, {name: value for name, value in BODY.items() if name != missing})
    assert answer.status_code == 422
    assert list(answer.json()["errors"]) == [missing]


@pytest.mark.parametrize("extra", [{"role": "super_admin"}, {"email": "not an address"}, {"organization_name": "  "}])
def test_nonsense_is_422(api: APIClient, extra: dict[str, str]) -> None:
    assert api.post(URL, BODY | extra).status_code == 422


@pytest.mark.parametrize("field", ["name", "organization_name"])
def test_names_are_one_line(api: APIClient, field: str) -> None:
    answer = api.post(URL, BODY | {field: "Padaria\nBcc: everybody@padaria.example"})
    assert (answer.status_code, list(answer.json()["errors"])) == (422, [field])


def test_the_fourth_in_an_hour_is_429(api: APIClient) -> None:
    for number in range(3):
        assert api.post(URL, BODY | {"email": f"rosa{number}@padaria.example"}).status_code == 201
    answer = api.post(URL, BODY)
    assert answer.status_code == 429
    assert int(answer["Retry-After"]) > 3500


def test_one_address_twice_at_the_same_instant_registers_once(
    live_organization: Organization, in_threads: Callable[[list[Callable[[], Any]]], list[Any]]
) -> None:
    def register() -> int:
        return int(APIClient(SERVER_NAME="localhost").post(URL, BODY).status_code)

    assert sorted(in_threads([register] * 3)) == [201, 400, 400]
    with public_context():
        assert Organization.objects.filter(name=BODY["organization_name"]).count() == 1


def test_a_failure_leaves_nothing_behind(api: APIClient, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(**_: Any) -> None:
        raise RuntimeError("no session today")

    def counts() -> tuple[int, int, int]:
        with public_context():
            return Organization.objects.count(), DirectoryEntry.objects.count(), _schemas()

    before = counts()
    monkeypatch.setattr("apps.accounts.services.registration.session_start", fail)
    api.raise_request_exception = False
    assert api.post(URL, BODY).status_code == 500
    assert counts() == before


def _schemas() -> int:
    with connection.cursor() as cursor:
        cursor.execute("SELECT count(*) FROM tenants_spareschema")
        spares = cursor.fetchone()[0]
        cursor.execute("SELECT count(*) FROM pg_namespace WHERE nspname LIKE 't\\_%%'")
        return int(cursor.fetchone()[0]) - int(spares)
