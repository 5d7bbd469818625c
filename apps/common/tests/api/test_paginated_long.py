"""Long lists: a cursor costs the same wherever it stands."""

from __future__ import annotations

import base64
from typing import Any

import pytest
from django.contrib.auth.models import Group
from django.db import connection
from django.test.utils import CaptureQueriesContext
from rest_framework.test import APIClient

URL = "/api/v1/tinies/long"


@pytest.fixture
def groups(organization: object) -> list[int]:
    """25 rows and those of the roles; ids newest first."""
    Group.objects.bulk_create(Group(name=f"group {number:02}") for number in range(25))
    return list(Group.objects.order_by("-id").values_list("id", flat=True))


def get(client: APIClient, **query: Any) -> Any:
    answer = client.get(URL, query)
    assert answer.status_code == 200, answer.content
    return answer.json()


def test_it_works(known: APIClient, groups: list[int]) -> None:
    first = get(known, limit=10)
    second = get(known, limit=10, cursor=first["pagination"]["next_cursor"])
    assert [row["id"] for row in first["tinies"] + second["tinies"]] == groups[:20]
    assert first["pagination"]["total"] == len(groups)
    assert second["pagination"] | {"next_cursor": None} == {
        "page": None, "limit": 10, "total": None, "pages": None, "next_cursor": None
    }  # fmt: skip


def test_following_the_cursor_reads_everything_once(known: APIClient, groups: list[int]) -> None:
    found = get(known, limit=4)
    seen = found["tinies"]
    while (cursor := found["pagination"]["next_cursor"]) is not None:
        found = get(known, limit=4, cursor=cursor)
        seen += found["tinies"]
    assert [row["id"] for row in seen] == groups


def test_rows_that_come_meanwhile_move_nothing(known: APIClient, groups: list[int]) -> None:
    first = get(known, limit=10)
    Group.objects.create(name="newcomer")
    second = get(known, limit=10, cursor=first["pagination"]["next_cursor"])
    assert [row["id"] for row in second["tinies"]] == groups[10:20]


def test_numbered_pages_lead_to_a_cursor(known: APIClient, groups: list[int]) -> None:
    third = get(known, limit=5, page=3)
    fourth = get(known, limit=5, cursor=third["pagination"]["next_cursor"])
    assert [row["id"] for row in fourth["tinies"]] == groups[15:20]


@pytest.mark.parametrize("limit", [1, 4, 7, 50])
def test_numbered_pages_read_everything_once(known: APIClient, groups: list[int], limit: int) -> None:
    pages = get(known, limit=limit)["pagination"]["pages"]
    found = [row["id"] for page in range(1, pages + 1) for row in get(known, limit=limit, page=page)["tinies"]]
    assert found == groups


def test_pages_beyond_the_middle_are_reached_from_the_end(known: APIClient, groups: list[int]) -> None:
    pages = get(known, limit=4)["pagination"]["pages"]
    with CaptureQueriesContext(connection) as captured:
        get(known, limit=4, page=pages - 1)
    (query,) = [query["sql"] for query in captured if "OFFSET" in query["sql"]]
    assert f"OFFSET {len(groups) - (pages - 2) * 4}" in query


def test_the_last_page_has_no_cursor(known: APIClient, groups: list[int]) -> None:
    pages = get(known, limit=10)["pagination"]["pages"]
    assert get(known, limit=10, page=pages)["pagination"]["next_cursor"] is None


def test_a_cursor_counts_nothing_and_skips_nothing(known: APIClient, groups: list[int]) -> None:
    cursor = get(known, limit=10)["pagination"]["next_cursor"]
    with CaptureQueriesContext(connection) as captured:
        get(known, limit=10, cursor=cursor)
    (query,) = [query["sql"] for query in captured if '"auth_group"' in query["sql"]]
    assert "COUNT" not in query
    assert "OFFSET" not in query


@pytest.mark.parametrize("cursor", ["!!!", "x", "ä", base64.urlsafe_b64encode(b"one").decode(), "AAAA", "%00"])
def test_foreign_cursors_are_422(known: APIClient, cursor: str) -> None:
    answer = known.get(URL, {"cursor": cursor})
    assert answer.status_code == 422, answer.content
    assert "cursor" in answer.json()["errors"]
