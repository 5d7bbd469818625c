"""Multipart bodies: only where they are declared, read as strictly as JSON."""

from __future__ import annotations

from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from rest_framework.test import APIClient

URL = "/api/v1/echo/uploads"


def upload(api: APIClient, **fields: object) -> Any:
    return api.post(URL, {"artifact": SimpleUploadedFile("a.bin", b"12345")} | fields, format="multipart")


def test_it_works(api: APIClient) -> None:
    answer = upload(api, version="1.0.0")
    assert answer.status_code == 200, answer.content
    assert answer.json()["received"] == {"activate": True, "version": "1.0.0", "size": 5}


def test_booleans_are_words(api: APIClient) -> None:
    assert upload(api, version="1.0.0", activate="false").json()["received"]["activate"] is False


def test_unknown_fields_are_422(api: APIClient) -> None:
    assert "chanel" in upload(api, version="1", chanel="beta").json()["errors"]


def test_a_field_given_twice_is_422(api: APIClient) -> None:
    assert "version" in upload(api, version=["1", "2"]).json()["errors"]


def test_a_text_where_a_file_belongs_is_422(api: APIClient) -> None:
    assert "artifact" in upload(api, version="1", artifact="text").json()["errors"]


def test_null_characters_are_422(api: APIClient) -> None:
    assert upload(api, version="1\x00").status_code == 422


def test_json_is_415(api: APIClient) -> None:
    assert api.post(URL, {"version": "1"}, format="json").status_code == 415


@pytest.mark.parametrize(
    ("content_type", "body"),
    [
        ("multipart/form-data", b"x"),
        ("multipart/form-data; boundary=", b"x"),
        ("multipart/form-data; boundary=\xc3\xa4", b"x"),
        ("multipart/form-data; boundary=" + "x" * 300, b"x"),
    ],
)
def test_malformed_forms_are_400(api: APIClient, content_type: str, body: Any) -> None:
    answer: Any = api.generic("POST", URL, body, content_type=content_type)
    assert answer.status_code == 400, answer.content
    assert answer.json()["error_code"] == "malformed_multipart"


BAD_BASE64 = (
    b'--x\r\nContent-Disposition: form-data; name="a"\r\nContent-Transfer-Encoding: base64\r\n\r\n!!!!!\r\n--x--'
)


@pytest.mark.parametrize("body", [BAD_BASE64, b"", b"x", b"--x", b"--x\r\n\r\n\r\n--x--", b"--x--\r\n" * 100])
def test_forms_without_parts_are_422(api: APIClient, body: Any) -> None:
    answer: Any = api.generic("POST", URL, body, content_type="multipart/form-data; boundary=x")
    assert answer.status_code in {400, 422}, answer.content
