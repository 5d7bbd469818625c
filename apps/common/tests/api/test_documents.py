"""The OpenAPI document says of every route what the route does, and the pages that show it need nobody else."""

from __future__ import annotations

import re
from typing import Any

import pytest
from drf_spectacular.drainage import GENERATOR_STATS
from drf_spectacular.validation import validate_schema
from rest_framework.test import APIClient

from apps.common.api.documents import _document
from apps.common.tests.urls import __name__ as tiny_urls


@pytest.fixture
def document(api: APIClient) -> Any:
    return api.get("/api/v1/openapi.json").json()


def codes(operation: Any, status: int) -> list[str]:
    schema = operation["responses"][str(status)]["content"]["application/json"]["schema"]
    return list(schema["allOf"][1]["properties"]["error_code"]["enum"])


def test_it_works(document: Any) -> None:
    validate_schema(document)  # type: ignore[no-untyped-call]
    create = document["paths"]["/api/v1/tinies"]["post"]
    assert create["operationId"] == "tinies_create"
    assert create["x-right"] == "robot.publish"
    assert create["security"] == [{"bearer": []}, {"apiKey": []}]
    assert "Idempotency-Key" in {parameter["name"] for parameter in create["parameters"]}
    assert codes(create, 409) == ["busy", "idempotency_in_progress", "idempotency_key_reused"]
    assert "malformed_json" in codes(create, 400)
    assert create["responses"]["201"]["content"]["application/json"]["schema"]["$ref"].endswith("/TinyOutput")


def test_making_it_raises_no_warning() -> None:
    GENERATOR_STATS.reset()
    _document.cache_clear()
    _document("", tiny_urls)
    assert not GENERATOR_STATS._warn_cache
    assert not GENERATOR_STATS._error_cache


def test_every_status_names_its_codes(document: Any) -> None:
    for path, methods in document["paths"].items():
        for method, operation in methods.items():
            for status in operation["responses"]:
                if int(status) >= 400:
                    assert codes(operation, int(status)), (path, method, status)
                    examples = operation["responses"][status]["content"]["application/json"]["examples"]
                    assert {example["value"]["status_code"] for example in examples.values()} == {int(status)}


def test_operations_have_names_of_their_own(document: Any) -> None:
    names = [operation["operationId"] for methods in document["paths"].values() for operation in methods.values()]
    assert len(names) == len(set(names))


def test_public_operations_need_no_credentials(document: Any) -> None:
    echo = document["paths"]["/api/v1/echo"]["post"]
    assert "security" not in echo
    assert "401" not in echo["responses"]


def test_pages_arrays_and_uploads(document: Any) -> None:
    paths = document["paths"]
    page = paths["/api/v1/tinies"]["get"]["responses"]["200"]["content"]["application/json"]["schema"]
    assert page == {"$ref": "#/components/schemas/TinyPage"}
    array = paths["/api/v1/tinies/array"]["get"]["responses"]["200"]["content"]["application/json"]["schema"]
    assert array["type"] == "array"
    assert list(paths["/api/v1/echo/uploads"]["post"]["requestBody"]["content"]) == ["multipart/form-data"]
    upload = document["components"]["schemas"]["UploadInput"]["properties"]
    assert upload["artifact"]["format"] == "binary"


def test_conditional_operations_name_their_header(document: Any) -> None:
    update = document["paths"]["/api/v1/tinies/{group_id}"]["put"]
    assert "If-Match" in {parameter["name"] for parameter in update["parameters"]}
    assert codes(update, 412) == ["precondition_failed"]
    assert "tiny_not_found" in codes(update, 404)


def test_areas_have_documents_of_their_own(api: APIClient) -> None:
    for area in ("robots", "users", "portal", "tenants"):
        found = api.get(f"/{area}/openapi.json")
        assert found.status_code == 200
        assert found.json()["paths"] == {}  # the tiny API belongs to none
        assert f"/{area}/openapi.json" in api.get(f"/{area}/docs?script").content.decode()


@pytest.mark.parametrize("path", ["/api/v1/docs", "/api/v1/redoc", "/robots/docs", "/"])
def test_pages_load_from_here_alone(api: APIClient, path: str) -> None:
    page = api.get(path, HTTP_ACCEPT="text/html,*/*;q=0.8")
    assert page.status_code == 200
    assert page["Content-Type"].startswith("text/html")
    text = page.content.decode()
    assert not re.findall(r"""(?:src|href)=["']?https?:""", text)
    assert not re.findall(r"<script(?![^>]*\bsrc=)", text)
    assert not re.findall(r"\son\w+=", text)


def test_files_of_the_pages_are_there(api: APIClient) -> None:
    page = api.get("/api/v1/docs").content.decode() + api.get("/api/v1/redoc").content.decode()
    files = re.findall(r"""(?:src|href)="(/static/[^"]+)\"""", page)
    assert len(files) >= 4
    for file in files:
        answer = api.get(file)
        assert answer.status_code == 200, file
        answer.close()


def test_a_stale_token_does_not_matter(api: APIClient) -> None:
    for path in ("/api/v1/openapi.json", "/api/v1/docs", "/api/v1/redoc"):
        assert api.get(path, HTTP_AUTHORIZATION="Bearer stale").status_code == 200


@pytest.mark.parametrize("query", ["lang=xx", "lang=%00", "version=9", "script=1&lang=pt-br", "%ff"])
def test_odd_queries_break_nothing(api: APIClient, query: str) -> None:
    for path in ("/api/v1/openapi.json", "/api/v1/docs", "/api/v1/redoc"):
        assert api.get(f"{path}?{query}").status_code == 200


@pytest.mark.parametrize(
    ("address", "title"),
    [("/api/v1/docs", "API"), ("/api/v1/redoc", "API"), ("/robots/docs", "Robots and runs · API")],
)
def test_pages_say_what_they_are_about(api: APIClient, address: str, title: str) -> None:
    assert f"<title>{title} · Oficina</title>" in api.get(address).content.decode()
