"""Words of the context count for nothing in passwords, at every door."""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import Any

import pytest
from django.contrib.auth.hashers import Argon2PasswordHasher, check_password, make_password
from rest_framework.test import APIClient

from apps.accounts.models import User
from apps.accounts.passwords import Owner, PasswordHasher, context_words, password_validate
from apps.common.errors import InvalidInput
from apps.tenants.models import Organization
from conftest import PASSWORD, make_user

ROSA = Owner("Rosa da Conceição", "rosa.silva@padaria-central.example", "rsilva", "Padaria São João")


@pytest.fixture
def rosa(organization: Organization) -> User:
    user = make_user("rosa.silva@padaria.example", "org_admin", password=PASSWORD)
    user.name = "Rosa da Conceição"
    user.save()
    return user


def refused(answer: Any, field: str) -> bool:
    assert (answer.status_code, answer.json()["error_code"]) == (422, "invalid_input"), answer.content
    [text] = answer.json()["errors"][field]
    return "does not count" in text


def test_it_works(db: None) -> None:
    assert context_words(ROSA) == {
        "oficina", "rosa", "conceicao", "rosadaconceicao", "silva", "rosasilva", "rsilva", "padaria", "central",
        "padariacentral", "joao", "padariasaojoao",
    }  # fmt: skip


@pytest.mark.parametrize(
    "password",
    [
        "Padaria9",
        "OFICINA-oficina1",
        "Conceicao1!",
        "Conceição1!",
        "RosaSilva99",
        "RSilva-1",
        "PadariaCentral1",
    ],
)
def test_what_is_guessed_first(db: None, password: str) -> None:
    with pytest.raises(InvalidInput) as caught:
        password_validate(password, user=ROSA)
    [text] = (caught.value.errors or {})["password"]
    assert "does not count" in str(text)


@pytest.mark.parametrize(
    "password", [PASSWORD, "Padaria-2026", "My padaria sells 12 loaves", "RSilva123", "Central-9-batteries"]
)
def test_words_may_stand_beside_something_else(db: None, password: str) -> None:
    password_validate(password, user=ROSA)


@pytest.mark.parametrize(("name", "word"), [("Søren Kjær", "søren"), ("Łukasz", "łukasz"), ("Мария", "мария")])
def test_words_of_any_alphabet(db: None, name: str, word: str) -> None:
    assert word in context_words(Owner(name))
    with pytest.raises(InvalidInput):
        password_validate(f"{2 * name.split(maxsplit=1)[0]}1", user=Owner(name))


def test_short_words_are_no_words(db: None) -> None:
    password_validate("Ana-2026", user=Owner("Ana", "ana@x.io"))


def test_each_rule_missed_has_its_text(db: None) -> None:
    with pytest.raises(InvalidInput) as caught:
        password_validate("padaria", user=ROSA)
    assert len((caught.value.errors or {})["password"]) == 4


def test_the_organization_at_work(organization: Organization) -> None:
    password_validate("Rivalry1", user=Owner("Ana"))
    with pytest.raises(InvalidInput):
        password_validate("Acme-Acme1", user=Owner("Ana"))


def test_registering(api: APIClient) -> None:
    body = {
        "email": "ana@x.example",
        "name": "Ana",
        "organization_name": "Padaria São João",
        "password": "Padaria-Joao1",
    }
    assert refused(api.post("/api/v1/auth/register", body), "password")


def test_adding_and_changing_somebody(client_of: Callable[[User | None], APIClient], owner: User) -> None:
    client, body = client_of(owner), {"email": "silvana@x.example", "name": "Ana", "role": "viewer"}
    assert refused(client.post("/api/v1/users", body | {"password": "Silvana-1"}), "password")
    assert not User.objects.filter(email=body["email"]).exists()
    made = client.post("/api/v1/users", body | {"password": PASSWORD}).json()
    url = f"/api/v1/users/{made['id']}"
    assert refused(client.patch(url, {"password": "Silvana-1"}), "password")
    assert refused(client.patch(url, {"name": "Beatriz", "password": "Beatriz-1"}), "password")
    assert client.patch(url, {"email": "bia@x.example", "password": "Silvana-1"}).status_code == 200


def test_changing_ones_own(client_of: Callable[[User | None], APIClient], rosa: User) -> None:
    body = {"current_password": PASSWORD, "new_password": "Conceicao-1"}
    assert refused(client_of(rosa).post("/api/v1/auth/change-password", body), "new_password")
    rosa.refresh_from_db()
    assert rosa.check_password(PASSWORD)


@pytest.mark.usefixtures("hashing_in_earnest")
def test_they_are_hashed_as_owasp_advises() -> None:
    assert make_password(PASSWORD).startswith("argon2$argon2id$v=19$m=19456,t=2,p=1$")


def test_no_more_are_hashed_at_once_than_there_are_turns(monkeypatch: pytest.MonkeyPatch) -> None:
    turns, left = threading.BoundedSemaphore(1), []

    def looked_at(hashing: Callable[..., Any]) -> Callable[..., Any]:
        def look(*arguments: Any) -> Any:
            left.append(turns.acquire(blocking=False))
            return hashing(*arguments)

        return look

    monkeypatch.setattr(PasswordHasher, "at_once", turns)
    for name in ("encode", "verify"):
        monkeypatch.setattr(Argon2PasswordHasher, name, looked_at(getattr(Argon2PasswordHasher, name)))
    assert check_password(PASSWORD, make_password(PASSWORD))
    assert left == [False, False]
    assert turns.acquire(blocking=False)
