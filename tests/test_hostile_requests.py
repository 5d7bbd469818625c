"""Requests that once made the program fail: each has its documented answer, and leaves nothing behind."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import timedelta

import pytest
from django.conf import settings
from django.test import Client
from django.utils import timezone
from rest_framework.test import APIClient

from apps.accounts.backends import PATH
from apps.accounts.models import Session, User
from apps.isolation.doors.in_process import called, connection_kept
from apps.isolation.doors.wire import Answer, Request
from apps.robots.models import RobotVersion, Run
from apps.robots.tests.factories import robot_made, version_made
from apps.tenants.models import Organization

ClientOf = Callable[[User | None], APIClient]


# Parameters in the manner of RFC 2231: Python fails at each in a way of its own.
UNREADABLE = [
    "a*=1; a*0=2",
    "a*=no-such''x",
    "a*=undefined''x",
    "a*=punycode''%ff",
    "a*=\0''x",
    pytest.param(f"a*{'9' * 5000}=1", id="digits"),
]
CODECS = ["hex", "rot13", "idna", "punycode", "utf-7", "utf-16", "unicode_escape", "undefined", "no-such", "\0", ""]


@pytest.fixture
def kept() -> Iterator[None]:
    """What comes through the handler itself finds the rows of this test."""
    with connection_kept():
        yield


def asked(path: str, content_type: str = "", *headers: tuple[str, str], host: str = "localhost") -> Answer:
    """What the handler that a web process has answers, and not the test client's."""
    return called(Request("GET", host, path, headers, content_type=content_type))


@pytest.mark.parametrize(
    "header",
    [
        "charset={codec}",
        'charset="{codec}"',
        "Charset = {codec}",
        "charset=utf-8; charset={codec}",
        "charset*=utf-8''{codec}",
        "charset*0=utf-8; charset*1={codec}",
    ],
)
@pytest.mark.parametrize("codec", CODECS)
def test_a_charset_other_than_utf8_is_415(codec: str, header: str) -> None:
    answer = asked("/api/v1/robots?search=%ff", f"application/json; {header.format(codec=codec)}")
    assert answer.status == 415
    assert b'"error_code":"unsupported_media_type"' in answer.body


@pytest.mark.parametrize("parameter", UNREADABLE)
def test_a_content_type_that_cannot_be_read_is_415(parameter: str) -> None:
    assert asked("/api/v1/robots", f"text/plain; {parameter}").status == 415


@pytest.mark.parametrize("path", ["/api/v1/robots", "/api/v1/nowhere", "/portal/nowhere"])
@pytest.mark.parametrize("parameter", UNREADABLE)
def test_an_accept_that_cannot_be_read_is_406(path: str, parameter: str) -> None:
    answer = asked(path, "", ("Accept", f"text/html, text/plain; {parameter}"))
    assert answer.status == 406
    assert b'"error_code":"not_acceptable"' in answer.body


@pytest.mark.usefixtures("kept")
@pytest.mark.parametrize("charset", ["ascii", "US-ASCII", "utf8", "UTF-8", "hex; charset=utf-8"])
def test_ascii_is_read_as_utf8(organization: Organization, owner: User, charset: str) -> None:
    """A page that leads to others says the query again, whatever stands in it."""
    now, host = timezone.now(), f"{organization.slug}.localhost"
    sessions = [Session(user=owner, last_used_at=now, expires_at=now + timedelta(days=1)) for _ in range(21)]
    Session.objects.bulk_create(sessions)
    browser = Client(SERVER_NAME=host)
    browser.force_login(owner, backend=PATH)
    cookies = ("Cookie", browser.cookies.output(header="", sep=";"))
    answer = asked("/portal/account/?q=%C3%A9%FF", f"text/plain; charset={charset}", cookies, host=host)
    assert answer.status == 200
    assert b"?q=%C3%A9%EF%BF%BD&amp;page=2" in answer.body


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


@pytest.mark.usefixtures("kept")
def test_a_part_of_a_form_that_cannot_be_read_is_400(
    client_of: ClientOf, owner: User, organization: Organization
) -> None:
    """Nobody has to be signed in for the form of a page."""
    body = b"--x\r\nContent-Disposition: form-data; name*=a; name*0=b\r\n\r\nvalue\r\n--x--\r\n"
    kind, cookie = "multipart/form-data; boundary=x", f"{settings.CSRF_COOKIE_NAME}={'a' * 32}"
    by_program = client_of(owner).generic("POST", "/api/v1/robots", body.decode(), kind)
    assert (by_program.status_code, by_program.json()["error_code"]) == (400, "malformed_multipart")
    page = Request("POST", f"{organization.slug}.localhost", "/admin/login/", (("Cookie", cookie),), body, kind)
    assert called(page).status == 400


@pytest.mark.parametrize("cookie", ["\x00aaaaaaaaaaaa", "a" * 4000, "../../etc", "'; DROP TABLE x"])
def test_a_session_cookie_that_is_no_key_of_ours_is_none(organization: Organization, cookie: str) -> None:
    client = Client(SERVER_NAME=f"{organization.slug}.localhost")
    client.cookies["sessionid"] = cookie
    answer = client.get("/admin/")
    assert (answer.status_code, answer["Location"]) == (302, "/admin/login/?next=/admin/")


BASE64 = b"Content-Transfer-Encoding: base64\r\n\r\nA\xffAAA="
NO_FORMS = {
    "no boundary": ("multipart/form-data", b"x"),
    "an empty boundary": ("multipart/form-data; boundary=", b"x"),
    "too long a boundary": ("multipart/form-data; boundary=" + "x" * 300, b"x"),
    "no parts": ("multipart/form-data; boundary=x", b"x"),
    "no base64": (
        "multipart/form-data; boundary=x",
        b'--x\r\nContent-Disposition: form-data; name="a"; filename="a"\r\n%s\r\n--x--' % BASE64,
    ),
}
FORMS = (
    "/portal/session/sign-in/",
    "/portal/account/",
    "/portal/services/{robot}/",
    "/admin/login/",
    "/admin/robots/robot/add/",
    "/admin/robots/robot/{robot}/publish/",
    "/admin/accounts/user/import/",
    "/password/forgot",
    "/support/enter",
    "/api/v1/robots",
    "/api/v1/robots/{robot}/versions/publish",
)


@pytest.mark.parametrize("what", NO_FORMS)
@pytest.mark.parametrize("signed_in", [True, False])
def test_a_form_that_is_none_is_no_failure(
    organization: Organization, owner: User, what: str, *, signed_in: bool
) -> None:
    robot = robot_made(organization.schema_name)
    browser = Client(SERVER_NAME=f"{organization.slug}.localhost", enforce_csrf_checks=True)
    if signed_in:
        browser.force_login(owner, backend=PATH)
    browser.get("/portal/account/" if signed_in else "/admin/login/")
    content_type, body = NO_FORMS[what]
    headers = {"X-CSRFToken": browser.cookies["csrftoken"].value}
    for form in FORMS:
        answer = browser.generic("POST", form.format(robot=robot.pk), body, content_type, headers=headers)
        assert answer.status_code < 500, form
    assert not RobotVersion.objects.exists()
