"""GET /api/v1/users/export."""

from __future__ import annotations

import csv
import io
from collections.abc import Callable
from typing import Any

import pytest
from django.utils import timezone
from rest_framework.test import APIClient

from apps.accounts.models import User
from apps.accounts.selectors import users as selectors
from conftest import make_user

URL = "/api/v1/users/export"
Clients = Callable[[User | None], APIClient]


def table(client: APIClient, query: str = "", delimiter: str = ",") -> list[dict[str, str]]:
    answer: Any = client.get(f"{URL}{query}")
    assert answer.status_code == 200
    text = b"".join(answer.streaming_content).decode("utf-8-sig")
    return list(csv.DictReader(io.StringIO(text), delimiter=delimiter))


def test_it_works(client_of: Clients, owner: User, viewer: User) -> None:
    now = timezone.now()
    User.objects.filter(pk=viewer.pk).update(is_active=False, department="RH", last_login=now)
    answer: Any = client_of(owner).get(f"{URL}?format=csv")
    assert answer["Content-Type"] == "text/csv; charset=utf-8"
    assert answer["Content-Disposition"] == 'attachment; filename="users.csv"'
    assert b"".join(answer.streaming_content).startswith(b"\xef\xbb\xbfemail,name,role,")
    [first, second] = table(client_of(owner))
    assert first["email"] == "owner@acme.example"
    assert {name: second[name] for name in ("email", "role", "department", "is_active", "last_login_at")} == {
        "email": "viewer@acme.example",
        "role": "viewer",
        "department": "RH",
        "is_active": "false",
        "last_login_at": now.isoformat(),
    }


@pytest.mark.parametrize("name", ["=HYPERLINK(1)", "+1", "-1", "@x", "Ana;=1"])
def test_no_cell_is_a_formula(client_of: Clients, owner: User, name: str) -> None:
    User.objects.filter(pk=owner.pk).update(name=name, department=name)
    [row] = table(client_of(owner))
    quoted = "Ana;'=1" if ";" in name else f"'{name}"
    assert (row["name"], row["department"]) == (quoted, quoted)


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ("?search=vi", ["viewer"]),
        ("?role=Admin", ["owner"]),
        ("?is_active=false", []),
        ("?separator=comma&is_active=true", ["owner", "viewer"]),
    ],
)
@pytest.mark.usefixtures("viewer")
def test_filters(client_of: Clients, owner: User, query: str, found: list[str]) -> None:
    assert sorted(row["email"].partition("@")[0] for row in table(client_of(owner), query)) == found


def test_separators(client_of: Clients, owner: User) -> None:
    for name, delimiter in (("semicolon", ";"), ("tab", "\t")):
        assert table(client_of(owner), f"?separator={name}", delimiter)[0]["email"] == owner.email


def test_many_are_read_a_page_at_a_time(client_of: Clients, owner: User, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(selectors, "READ_AT_ONCE", 3)
    made = [owner, *(make_user(f"p{number}@acme.example", "viewer") for number in range(8))]
    assert [row["email"] for row in table(client_of(owner))] == [user.email for user in made]


@pytest.mark.parametrize("query", ["?format=xlsx", "?separator=pipe", "?role=boss", "?color=red", "?is_active=perhaps"])
def test_unknown_values_are_422(client_of: Clients, owner: User, query: str) -> None:
    assert client_of(owner).get(f"{URL}{query}").status_code == 422


def test_nobody_is_401(client_of: Clients) -> None:
    assert client_of(None).get(URL).status_code == 401


def test_without_the_right_it_is_403(client_of: Clients, maintainer: User) -> None:
    assert client_of(maintainer).get(URL).status_code == 403


def test_a_foreigner_sees_only_their_own(client_of: Clients, owner: User, foreigner: User) -> None:
    assert [row["email"] for row in table(client_of(foreigner))] == ["foreigner@rival.example"]
