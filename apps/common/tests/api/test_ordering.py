"""``ordering``: declared names, both ways, stable; long lists from either end."""

from __future__ import annotations

import json
from typing import Any

import pytest
from django.contrib.auth.models import Group
from django.db import connection
from django.test.utils import CaptureQueriesContext
from rest_framework.test import APIClient

URL = "/api/v1/tinies"


@pytest.fixture
def groups(organization: object) -> list[Group]:
    """Names against the ids, and two groups alike in neither; beside those of the roles."""
    Group.objects.bulk_create(Group(name=name) for name in ("zulu", "yankee", "xray"))
    return list(Group.objects.order_by("id"))


def rows(client: APIClient, url: str = URL, **query: Any) -> list[str]:
    answer = client.get(url, {"limit": 100} | query)
    assert answer.status_code == 200, answer.content
    return [row["name"] for row in answer.json()["tinies"]]


def test_it_works(known: APIClient, groups: list[Group]) -> None:
    names = [group.name for group in groups]
    assert rows(known, ordering="name") == sorted(names)
    assert rows(known, ordering="-name") == sorted(names, reverse=True)
    assert rows(known, ordering="-id") == names[::-1]


def test_the_default(known: APIClient, groups: list[Group]) -> None:
    assert rows(known) == [group.name for group in groups]


def test_equal_rows_keep_their_order_over_pages(known: APIClient, groups: list[Group]) -> None:
    """The three groups without a role are all null there: last, by id, whichever the direction."""
    assert rows(known, ordering="role")[-3:] == ["zulu", "yankee", "xray"]
    assert rows(known, ordering="-role")[-3:] == ["xray", "yankee", "zulu"]
    whole = rows(known, ordering="-role")
    assert [rows(known, ordering="-role", limit=1, page=page + 1)[0] for page in range(len(whole))] == whole


@pytest.mark.parametrize(
    "ordering", ["", "-", "permissions", "--name", "name,id", "name ", "-role__name", "?", "name\x00"]
)
def test_other_names_are_422(known: APIClient, ordering: str) -> None:
    answer = known.get(URL, {"ordering": ordering})
    assert (answer.status_code, list(answer.json()["errors"])) == (422, ["ordering"])


def test_a_list_without_ordering_takes_none(known: APIClient) -> None:
    assert known.get(f"{URL}/array", {"ordering": "id"}).status_code == 422


def test_a_long_list_from_the_other_end(known: APIClient, groups: list[Group]) -> None:
    names = [group.name for group in groups]
    assert rows(known, f"{URL}/long") == rows(known, f"{URL}/long", ordering="-id") == names[::-1]
    assert rows(known, f"{URL}/long", ordering="id") == names


def test_a_cursor_walks_from_the_other_end(known: APIClient, groups: list[Group]) -> None:
    walked: list[str] = []
    query: dict[str, Any] = {"ordering": "id", "limit": 2}
    while True:
        with CaptureQueriesContext(connection) as captured:
            answer = known.get(f"{URL}/long", query).json()
        walked += [row["name"] for row in answer["tinies"]]
        if answer["pagination"]["next_cursor"] is None:
            break
        query["cursor"] = answer["pagination"]["next_cursor"]
    assert walked == [group.name for group in groups]
    assert not [asked["sql"] for asked in captured if "OFFSET" in asked["sql"] or "COUNT" in asked["sql"]]


def test_a_long_list_has_one_order(known: APIClient) -> None:
    assert known.get(f"{URL}/long", {"ordering": "name"}).status_code == 422


def test_the_document_names_them(api: APIClient) -> None:
    paths = json.loads(api.get("/api/v1/openapi.json").content)["paths"]

    def parameter(path: str) -> Any:
        (found,) = [each for each in paths[path]["get"]["parameters"] if each["name"] == "ordering"]
        return found["schema"]

    assert parameter(URL)["enum"] == ["id", "-id", "name", "-name", "role", "-role"]
    assert parameter(URL)["default"] == "id"
    assert parameter(f"{URL}/long")["enum"] == ["-id", "id"]
