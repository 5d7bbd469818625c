"""The document of the whole API: valid, made without a warning, and complete about what can go wrong."""

from __future__ import annotations

from typing import Any

import orjson
import pytest
from drf_spectacular.drainage import GENERATOR_STATS
from drf_spectacular.validation import validate_schema

from apps.common.api.areas import AREAS
from apps.common.api.documents import _document


@pytest.fixture(scope="module")
def document() -> Any:
    GENERATOR_STATS.reset()
    _document.cache_clear()
    return orjson.loads(_document("", "config.urls"))


def operations(document: Any) -> list[tuple[str, str, Any]]:
    return [(path, method, found) for path, methods in document["paths"].items() for method, found in methods.items()]


def test_it_is_valid_and_makes_no_warning(document: Any) -> None:
    validate_schema(document)  # type: ignore[no-untyped-call]
    assert not GENERATOR_STATS._warn_cache
    assert not GENERATOR_STATS._error_cache


def test_every_failure_names_its_codes(document: Any) -> None:
    for path, method, operation in operations(document):
        for status, answer in operation["responses"].items():
            if int(status) >= 400:
                schema = answer["content"]["application/json"]["schema"]
                assert schema["allOf"][1]["properties"]["error_code"]["enum"], (path, method, status)


def test_every_operation_says_what_it_needs(document: Any) -> None:
    for path, method, operation in operations(document):
        assert operation["summary"], (path, method)
        assert operation["x-right"], (path, method)
        assert ("security" in operation) == (operation["x-right"] != "public"), (path, method)


def test_every_path_belongs_to_an_area(document: Any) -> None:
    assert not [path for path in document["paths"] if not any(area.covers(path) for area in AREAS)]
