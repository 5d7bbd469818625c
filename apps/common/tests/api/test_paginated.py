"""Numbered pages: the contract's shape, two queries whatever the page."""

from __future__ import annotations

from typing import Any

import pytest
from django.contrib.auth.models import Group
from django.db import connection
from django.test.utils import CaptureQueriesContext
from rest_framework.test import APIClient

URL = "/api/v1/tinies"


@pytest.fixture
def groups(organization: object) -> list[int]:
    """25 rows beside those of the roles; all ids in ascending order."""
    Group.objects.bulk_create(Group(name=f"group {number:02}") for number in range(25))
    return list(Group.objects.order_by("id").values_list("id", flat=True))


def page(client: APIClient, query: str) -> Any:
    answer = client.get(f"{URL}?{query}")
    assert answer.status_code == 200, answer.content
    return answer.json()


def test_it_works(known: APIClient, groups: list[int]) -> None:
    found = page(known, "page=2&limit=10")
    assert [row["id"] for row in found["tinies"]] == groups[10:20]
    total = len(groups)
    assert found["pagination"] == {"page": 2, "limit": 10, "total": total, "pages": -(-total // 10)}


def test_the_defaults(known: APIClient, groups: list[int]) -> None:
    found = page(known, "")
    assert [row["id"] for row in found["tinies"]] == groups[:10]


def test_pages_together_are_the_whole(known: APIClient, groups: list[int]) -> None:
    pages = page(known, "limit=7")["pagination"]["pages"]
    seen = [row["id"] for number in range(1, pages + 1) for row in page(known, f"page={number}&limit=7")["tinies"]]
    assert seen == groups


def test_beyond_the_last_page_is_empty(known: APIClient, groups: list[int]) -> None:
    found = page(known, "page=10000000&limit=100")
    assert found["tinies"] == []
    assert found["pagination"]["total"] == len(groups)


def test_nothing_has_no_pages(known: APIClient, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Group.objects, "order_by", lambda _name: Group.objects.none())
    assert page(known, "")["pagination"] == {"page": 1, "limit": 10, "total": 0, "pages": 0}


@pytest.mark.parametrize("number", [1, 3])
def test_it_takes_two_queries(known: APIClient, groups: list[int], number: int) -> None:
    with CaptureQueriesContext(connection) as captured:
        page(known, f"page={number}")
    assert len([query for query in captured if '"auth_group"' in query["sql"]]) == 2


def test_it_wants_somebody_known(api: APIClient) -> None:
    answer = api.get(URL)
    assert answer.status_code == 401
    assert answer["WWW-Authenticate"].startswith("Bearer")
