"""The document of the whole API: valid, made without a warning, and complete about what can go wrong."""

from __future__ import annotations

import inspect
import re
from typing import Any

import orjson
import pytest
from drf_spectacular.drainage import GENERATOR_STATS
from drf_spectacular.validation import validate_schema

from apps.common.api.areas import AREAS
from apps.common.api.documents import _document
from apps.common.api.serializers import InputSerializer, OutputSerializer
from tests.structure import api_actions

_CLOCKS = (("OrganizationSettings", "working_hours_start"), ("Schedule", "window_start"))


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


@pytest.mark.parametrize(
    ("method", "path", "code"),
    [
        ("post", "/api/v1/api-keys", "permission_denied"),  # asked by a key
        ("get", "/api/v1/tenants/{organization_id}/settings", "permission_denied"),  # a key without it
        ("post", "/api/v1/tenants", "support_forbidden"),  # with settings that are not the platform's to say
        ("put", "/api/v1/tenants/{organization_id}", "support_forbidden"),
        ("post", "/api/v1/ws/ticket", "csrf_failed"),
        ("delete", "/api/v1/api-keys/{key_id}", "csrf_failed"),
    ],
)
def test_refusals_that_a_declaration_does_not_imply(document: Any, method: str, path: str, code: str) -> None:
    schema = document["paths"][path][method]["responses"]["403"]["content"]["application/json"]["schema"]
    assert code in schema["allOf"][1]["properties"]["error_code"]["enum"]


def test_reading_needs_no_token_of_a_form(document: Any) -> None:
    for path, method, operation in operations(document):
        refused = str(operation["responses"].get("403", ""))
        assert ("csrf_failed" in refused) == (method != "get" and operation["x-right"] != "public"), (path, method)


def test_every_operation_says_what_it_needs(document: Any) -> None:
    for path, method, operation in operations(document):
        assert operation["summary"], (path, method)
        assert operation["x-right"], (path, method)
        assert ("security" in operation) == (operation["x-right"] != "public"), (path, method)


def test_every_path_belongs_to_an_area(document: Any) -> None:
    assert not [path for path in document["paths"] if not any(area.covers(path) for area in AREAS)]


def test_a_time_of_day_has_no_offset(document: Any) -> None:
    """The format ``time`` would ask for one, and refuse what is answered."""
    found = {
        f"{name}.{field}": shape
        for name, schema in document["components"]["schemas"].items()
        for field, shape in schema.get("properties", {}).items()
        if field in {"window_start", "working_hours_start"}
    }
    assert len(found) >= 4
    assert all("format" not in shape for shape in found.values())
    short, long = (found[f"{name}Output.{field}"]["pattern"] for name, field in _CLOCKS)
    assert re.search(short, "08:00")
    assert not re.search(short, "08:00:00")
    assert re.search(long, "23:59:00")
    assert not re.search(long, "08:00:00Z")


def test_what_goes_into_an_address_fits_into_one(document: Any) -> None:
    """A character may take twelve there, and servers take lines of 64 KiB."""
    for path, method, operation in operations(document):
        for parameter in operation.get("parameters", []):
            assert 12 * parameter["schema"].get("maxLength", 0) < 64 * 1024, (path, method, parameter["name"])


def test_input_says_that_it_takes_nothing_else(document: Any) -> None:
    schemas = document["components"]["schemas"]
    open_to_all = [name for name, schema in schemas.items() if name.endswith("Input") and _open(schema)]
    assert "RobotCreateInput" in schemas
    assert not open_to_all


def _open(schema: Any) -> bool:
    return schema.get("type") == "object" and schema.get("additionalProperties") is not False


def test_bodies_are_not_described_by_what_all_are_made_of(document: Any) -> None:
    told = [schema["description"] for schema in document["components"]["schemas"].values() if "description" in schema]
    assert told
    for base in (InputSerializer, OutputSerializer):
        assert inspect.getdoc(base) not in told


def test_what_was_made_leads_to_what_can_be_done_with_it(document: Any) -> None:
    made = document["paths"]["/api/v1/robots"]["post"]["responses"]["201"]["links"]
    assert made["robots_retrieve"] == {
        "operationId": "robots_retrieve",
        "parameters": {"robot_id": "$response.body#/id"},
    }
    published = document["paths"]["/api/v1/robots/{robot_id}/versions/publish"]["post"]["responses"]["201"]["links"]
    assert published["robots_versions_activate"]["parameters"] == {
        "robot_id": "$request.path.robot_id",
        "version_id": "$response.body#/id",
    }
    started = document["paths"]["/api/v1/runs/{robot_id}/execute"]["post"]["responses"]["202"]["links"]
    assert {"runs_retrieve", "runs_cancel", "runs_logs"} <= started.keys()
    assert "robots_destroy" not in started


def test_where_a_tag_spares_the_answer_304_is_told(document: Any) -> None:
    """Of reading alone: what writes has a tag for the next time it does."""
    for path, method, view, action in api_actions():
        if method == "get":
            handler = getattr(view, action)
            source = inspect.getsource(inspect.unwrap(handler))
            assert ("single(" in source or "If-None-Match" in source) == handler.declaration.tagged, (path, action)
    tagged = [found for _path, _method, found in operations(document) if "304" in found["responses"]]
    assert len(tagged) > 10
    for found in tagged:
        assert "If-None-Match" in [each["name"] for each in found["parameters"]]
        assert "ETag" in found["responses"]["200"]["headers"]
        assert "content" not in found["responses"]["304"]
