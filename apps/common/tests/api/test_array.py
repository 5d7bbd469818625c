"""Plain arrays with a window."""

from __future__ import annotations

import pytest
from django.contrib.auth.models import Group
from rest_framework.test import APIClient

URL = "/api/v1/tinies/array"


@pytest.fixture
def groups(organization: object) -> list[int]:
    Group.objects.bulk_create(Group(name=f"group {number:02}") for number in range(25))
    return list(Group.objects.order_by("id").values_list("id", flat=True))


def test_it_works(known: APIClient, groups: list[int]) -> None:
    answer = known.get(f"{URL}?limit=5&offset=10")
    assert [row["id"] for row in answer.json()] == groups[10:15]
    assert answer["X-Total-Count"] == str(len(groups))
    last = (len(groups) - 1) // 5 * 5
    for rel, offset in {"first": 0, "prev": 5, "next": 15, "last": last}.items():
        assert f'<http://localhost{URL}?limit=5&offset={offset}>; rel="{rel}"' in answer["Link"]


def test_the_ends_have_no_neighbour(known: APIClient, groups: list[int]) -> None:
    assert 'rel="prev"' not in known.get(f"{URL}?limit=5")["Link"]
    assert 'rel="next"' not in known.get(f"{URL}?limit=5&offset={len(groups) - 1}")["Link"]


def test_beyond_the_end_is_empty(known: APIClient, groups: list[int]) -> None:
    assert known.get(f"{URL}?offset=1000000000").json() == []


@pytest.mark.parametrize("query", ["limit=0", "limit=101", "offset=-1", "page=1"])
def test_other_windows_are_422(known: APIClient, query: str) -> None:
    assert known.get(f"{URL}?{query}").status_code == 422
