"""Query parameters: strict like bodies, but of text."""

from __future__ import annotations

from typing import Any
from urllib.parse import quote

import pytest
from hypothesis import HealthCheck, given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st
from rest_framework.test import APIClient

from apps.common.api import reading

URL = "/api/v1/echo"


def test_it_works(api: APIClient) -> None:
    answer = api.get(f"{URL}?page=2&flag=true&kind=a&kind=b&search=x")
    assert answer.status_code == 200
    expected = {"page": 2, "limit": 10, "flag": True, "kind": ["a", "b"], "search": "x"}
    assert answer.json()["received"] == expected


@pytest.mark.parametrize("text", ["", "%20"])
def test_an_empty_search_finds_everything(api: APIClient, text: str) -> None:
    """A search box that was cleared still sends its name."""
    answer = api.get(f"{URL}?search={text}")
    assert (answer.status_code, answer.json()["received"]["search"]) == (200, "")


@pytest.mark.parametrize(
    ("query", "field"),
    [
        ("pgae=1", "pgae"),
        ("page=0", "page"),
        ("page=x", "page"),
        ("page=", "page"),
        ("page=99999999999999999999", "page"),
        ("limit=101", "limit"),
        ("limit=-1", "limit"),
        ("flag=perhaps", "flag"),
        ("kind=c", "kind"),
        ("search=a&search=b", "search"),
        ("search=a%00b", "search"),
        ("a%00b=1", "ab"),
        ("=1", "body"),
        ("format=xml", "format"),
    ],
)
def test_wrong_parameters_are_422(api: APIClient, query: str, field: str) -> None:
    answer = api.get(f"{URL}?{query}")
    assert answer.status_code == 422, answer.content
    assert field in answer.json()["errors"]


def test_what_one_request_says_is_unknown_to_the_next(api: APIClient) -> None:
    """Serializers are used again."""
    assert api.get(f"{URL}?page=2&search=x").json()["received"]["search"] == "x"
    assert api.get(f"{URL}?page=x").status_code == 422
    assert api.get(f"{URL}?limit=5").json()["received"].keys().isdisjoint({"search"})
    assert api.get(f"{URL}?limit=5").json()["received"]["page"] == 1
    kept = [vars(each) for serializers in reading._idle.values() for each in serializers]
    assert all(each["initial_data"] is None for each in kept)
    assert not any({"_validated_data", "_errors"} & each.keys() for each in kept)


def test_operations_without_a_query_take_none(api: APIClient) -> None:
    assert api.post("/api/v1/echo/acts?dry_run=true", {}).status_code == 422


def test_very_many_parameters_are_413(api: APIClient) -> None:
    answer = api.get(f"{URL}?" + "&".join(f"a{number}=1" for number in range(1500)))
    assert answer.status_code == 413
    assert answer.json()["error_code"] == "too_large"


@hypothesis_settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(query=st.binary(max_size=80), name=st.sampled_from(["", "page=", "kind=", "flag=", "search=", "limit="]))
def test_any_query_is_answered(api: APIClient, query: bytes, name: str) -> None:
    answer: Any = api.generic("GET", URL, QUERY_STRING=name + quote(query, safe="&=%;+"))
    assert answer.status_code in {200, 413, 422}
