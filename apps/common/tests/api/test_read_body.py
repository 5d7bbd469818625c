"""Bodies: read strictly, refused with the documented 4xx, never a 500."""

from __future__ import annotations

from typing import Any

import orjson
import pytest
from hypothesis import HealthCheck, given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st
from rest_framework.test import APIClient

URL = "/api/v1/echo"


def send(api: APIClient, url: str, body: Any, content_type: str = "application/json") -> Any:
    return api.generic("POST", url, body, content_type=content_type)


def post(api: APIClient, body: bytes | object, content_type: str = "application/json") -> Any:
    data = body if isinstance(body, bytes) else orjson.dumps(body)
    return send(api, URL, data, content_type)


def test_it_works(api: APIClient) -> None:
    body = {"name": "a", "count": 3, "ratio": 1, "active": False, "tags": ["x"], "part": {"size": 1}}
    answer = post(api, body)
    assert answer.status_code == 200
    assert answer.json()["received"] == body | {"ratio": 1.0}


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({}, "name"),
        ({"name": 5}, "name"),
        ({"name": True}, "name"),
        ({"name": None}, "name"),
        ({"name": ["a"]}, "name"),
        ({"name": {"a": 1}}, "name"),
        ({"name": "a", "nmae": "b"}, "nmae"),
        ({"name": "a", "count": "3"}, "count"),
        ({"name": "a", "count": 3.5}, "count"),
        ({"name": "a", "count": True}, "count"),
        ({"name": "a", "count": -1}, "count"),
        ({"name": "a", "count": 1e300}, "count"),
        ({"name": "a", "ratio": "1.5"}, "ratio"),
        ({"name": "a", "active": "true"}, "active"),
        ({"name": "a", "active": 1}, "active"),
        ({"name": "a", "kind": "c"}, "kind"),
        ({"name": "a", "kind": ["a"]}, "kind"),
        ({"name": "a", "owner_id": 5}, "owner_id"),
        ({"name": "a", "owner_id": "5"}, "owner_id"),
        ({"name": "a", "due": "tomorrow"}, "due"),
        ({"name": "a", "due": "0001-01-01T00:00:00+14:00"}, "due"),
        ({"name": "a", "tags": "x"}, "tags"),
        ({"name": "a", "tags": [1]}, "tags"),
        ({"name": "a", "tags": {"0": "x"}}, "tags"),
        ({"name": "a", "part": {"size": 1, "sise": 2}}, "part.sise"),
        ({"name": "a", "part": [1]}, "part"),
        ({"name": "a", "parts": [{"size": 1}, {"size": "1"}]}, "parts.1.size"),
        ({"name": "a", "parts": {"size": 1}}, "parts"),
        ({"name": "a\x00b"}, "body"),
        ({"name": "a", "parameters": {"x": {"y": "\x00"}}}, "body"),
        ({"name": "a", "parameters": {"\x00": 1}}, "body"),
        ([], "body"),
        ("text", "body"),
        (5, "body"),
        (None, "body"),
    ],
)
def test_wrong_shapes_are_422(api: APIClient, body: object, field: str) -> None:
    answer = post(api, body)
    assert answer.status_code == 422, answer.content
    found = answer.json()
    assert found["error_code"] == "invalid_input"
    assert field in found["errors"]


def test_limits_are_told_in_the_language_of_each_request(api: APIClient) -> None:
    def told(language: str) -> Any:
        body = orjson.dumps({"name": "a" * 151, "count": -1})
        return api.post(URL, body, content_type="application/json", HTTP_ACCEPT_LANGUAGE=language).json()["errors"]

    first, then = told("pt-BR"), told("en")
    assert (first.keys(), then.keys()) == ({"name", "count"}, {"name", "count"})
    assert all(first[field] != then[field] for field in then)
    assert told("pt-BR") == first


def test_integers_beyond_64_bits_are_422(api: APIClient) -> None:
    assert post(api, b'{"name": "a", "count": 99999999999999999999999999}').status_code == 422


@pytest.mark.parametrize(
    "body",
    [
        b"{",
        b"{'name': 'a'}",
        b'{"name": NaN}',
        b'{"name": Infinity}',
        b'{"name": "\xff"}',
        b'{"name": "\\ud800"}',
        b"\xff\xfe{\x00}\x00",
        b'{"name": "a"} {}',
        b"name=a",
        b"\x00",
        b"[" * 100_000,
    ],
)
def test_what_is_no_json_is_400(api: APIClient, body: bytes) -> None:
    answer = post(api, body)
    assert answer.status_code == 400, answer.content
    assert answer.json()["error_code"] == "malformed_json"


def test_deep_nesting_is_422(api: APIClient) -> None:
    deep: object = 1
    for _level in range(70):
        deep = {"x": deep}
    assert post(api, {"name": "a", "parameters": deep}).status_code == 422


def test_wide_documents_pass(api: APIClient) -> None:
    wide: dict[str, object] = {f"k{number}": {"a": []} for number in range(200)}
    assert post(api, {"name": "a", "parameters": wide}).status_code == 200


@pytest.mark.parametrize(
    "content_type", ["text/plain", "application/xml", "multipart/form-data; boundary=x", "junk", ""]
)
def test_other_media_types_are_415(api: APIClient, content_type: str) -> None:
    answer = post(api, b"hello", content_type)
    assert answer.status_code == 415, answer.content
    assert answer.json()["error_code"] == "unsupported_media_type"


def test_many_unknown_names_give_a_short_answer(api: APIClient) -> None:
    answer = post(api, {"x" * 1000 + str(number): 1 for number in range(1000)})
    assert answer.status_code == 422
    assert len(answer.content) < 10_000


@pytest.mark.parametrize("body", [b"", b"{}"])
def test_operations_without_a_body_take_none(api: APIClient, body: bytes) -> None:
    assert send(api, "/api/v1/echo/acts", body).status_code == 202


@pytest.mark.parametrize("body", [b'{"reason": "x"}', b"[]", b"1", b"null"])
def test_operations_without_a_body_refuse_one(api: APIClient, body: bytes) -> None:
    answer = send(api, "/api/v1/echo/acts", body)
    assert answer.status_code == 422


JSON = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**70), 2**70) | st.floats(allow_nan=False) | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=8), inner, max_size=4),
    max_leaves=10,
)
FIELDS = st.sampled_from(["name", "count", "ratio", "active", "kind", "owner_id", "due", "tags", "part", "parts", "x"])
quick = hypothesis_settings(
    max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)


@quick
@given(body=st.dictionaries(FIELDS, JSON, max_size=5) | JSON)
def test_any_json_is_answered(api: APIClient, body: Any) -> None:
    import json  # noqa: PLC0415  # orjson cannot write what hypothesis makes

    answer = post(api, json.dumps(body).encode("utf-8", "surrogatepass"))
    assert answer.status_code in {200, 400, 422}


@quick
@given(body=st.binary(max_size=200))
def test_any_bytes_are_answered(api: APIClient, body: bytes) -> None:
    assert post(api, body).status_code in {200, 400, 422}
