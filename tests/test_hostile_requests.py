"""Requests that once made the program fail: each has its documented answer, and leaves nothing behind."""

from __future__ import annotations

import io
from collections.abc import Callable
from typing import Any

import pytest
from django.test import Client
from rest_framework.test import APIClient

from apps.accounts.models import User
from apps.robots.models import Run
from apps.robots.tests.factories import robot_made, version_made
from apps.tenants.models import Organization
from config.wsgi import application

ClientOf = Callable[[User | None], APIClient]


@pytest.mark.parametrize("codec", ["hex", "rot13", "idna", "zlib", "utf-16", "no-such"])
def test_a_charset_other_than_utf8_is_415(codec: str) -> None:
    answered: list[Any] = []
    environ = {
        "REQUEST_METHOD": "GET",
        "PATH_INFO": "/api/v1/robots",
        "QUERY_STRING": "search=%ff",
        "CONTENT_TYPE": f'application/json; charset="{codec}"',
        "SERVER_NAME": "localhost",
        "SERVER_PORT": "80",
        "wsgi.input": io.BytesIO(),
        "wsgi.url_scheme": "http",
    }
    body = b"".join(application(environ, lambda status, headers: answered.append(status)))
    assert answered == ["415 Unsupported Media Type"]
    assert b'"error_code":"unsupported_media_type"' in body


@pytest.mark.parametrize("number", ["1e25", "-1e25", "9223372036854775808", "1" + "0" * 30])
def test_a_number_beyond_64_bits_is_400(
    client_of: ClientOf, owner: User, organization: Organization, number: str
) -> None:
    robot = robot_made(organization.schema_name)
    version_made(organization.schema_name, robot)
    body = f'{{"parameters": {{"deep": [{number}]}}}}'
    answer = client_of(owner).post(f"/api/v1/runs/{robot.pk}/execute", body, content_type="application/json")
    assert answer.status_code == 400
    assert "parameters" in answer.json()["errors"]
    assert not Run.objects.exists()


def test_a_large_number_that_fits_is_taken(client_of: ClientOf, owner: User, organization: Organization) -> None:
    robot = robot_made(organization.schema_name)
    version_made(organization.schema_name, robot)
    body = '{"parameters": {"largest": 9223372036854775807, "wide": 1e15}}'
    api = client_of(owner)
    answer = api.post(f"/api/v1/runs/{robot.pk}/execute", body, content_type="application/json")
    assert answer.status_code == 202
    assert api.get(f"/api/v1/runs/{answer.json()['id']}").status_code == 200


@pytest.mark.parametrize("moment", ["0001-01-01T00:00:00Z", "9999-12-31T23:59:59Z"])
@pytest.mark.parametrize("field", ["starts_at", "ends_at"])
def test_a_schedule_beyond_the_calendar_is_refused(
    client_of: ClientOf, owner: User, organization: Organization, field: str, moment: str
) -> None:
    robot = robot_made(organization.schema_name)
    body = {"cron": "0 3 * * *", "timezone": "UTC", field: moment}
    answer = client_of(owner).post(f"/api/v1/robots/{robot.pk}/schedules", body)
    assert answer.status_code in {400, 422}, answer.content


@pytest.mark.parametrize("cookie", ["\x00aaaaaaaaaaaa", "a" * 4000, "../../etc", "'; DROP TABLE x"])
def test_a_session_cookie_that_is_no_key_of_ours_is_none(organization: Organization, cookie: str) -> None:
    client = Client(SERVER_NAME=f"{organization.slug}.localhost")
    client.cookies["sessionid"] = cookie
    answer = client.get("/admin/")
    assert (answer.status_code, answer["Location"]) == (302, "/admin/login/?next=/admin/")
