"""What browsers are told by every kind of answer, and what they are given to keep: docs/security.md."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Callable
from typing import Any

import pytest
from django.test import Client
from rest_framework.test import APIClient

from apps.accounts.models import Session, User
from apps.tenants.models import Organization
from config.env import BASE_DIR
from conftest import PASSWORD, make_user

ClientOf = Callable[[User | None], APIClient]
HOST, SIGN_IN, SIGN_OUT = "acme.localhost", "/portal/session/sign-in/", "/portal/session/sign-out/"
KINDS = {
    "page": SIGN_IN,
    "back-office": "/admin/login/",
    "password": "/password/forgot",
    "state": "/status",
    "probe": "/health",
    "refusal": "/api/v1/auth/me",
    "nothing": "/nowhere",
    "nothing of the API": "/api/v1/nowhere",
    "document": "/api/v1/openapi.json",
    "library": "/api/v1/docs",
    "style sheet": "/static/common/tokens.css",
}
_SETTINGS = (
    "SESSION_COOKIE_NAME",
    "CSRF_COOKIE_NAME",
    "LANGUAGE_COOKIE_NAME",
    "COOKIE_PREFIX",
    "SESSION_COOKIE_SECURE",
    "CSRF_COOKIE_SECURE",
    "LANGUAGE_COOKIE_SECURE",
    "SECURE_HSTS_SECONDS",
    "SECURE_HSTS_INCLUDE_SUBDOMAINS",
    "SECURE_SSL_REDIRECT",
    "DEBUG",
)


@pytest.fixture
def browser(organization: Organization) -> Client:
    """Somebody unknown, whose forms are checked as those of real browsers are."""
    return Client(SERVER_NAME=HOST, REMOTE_ADDR="192.0.2.9", enforce_csrf_checks=True)


@pytest.fixture
def person(organization: Organization) -> User:
    return make_user("person@acme.example", "org_admin", password=PASSWORD)


def signed_in(browser: Client, person: User) -> Any:
    browser.get(SIGN_IN)
    form = {"username": person.email, "password": PASSWORD} | token_of(browser)
    answer = browser.post(SIGN_IN, form)
    assert answer.status_code == 302
    return answer


def token_of(browser: Client) -> dict[str, str]:
    return {"csrfmiddlewaretoken": next(kept.value for name, kept in browser.cookies.items() if "csrf" in name)}


def sign_out(browser: Client, path: str, **headers: str) -> Any:
    """With the right token, sent as each door wants it."""
    sent = token_of(browser)
    if path.startswith("/api/"):
        return browser.generic("POST", path, headers={"X-CSRFToken": sent["csrfmiddlewaretoken"], **headers})
    return browser.post(path, sent, headers=headers)


@pytest.mark.parametrize("kind", KINDS)
def test_every_answer_is_confined(browser: Client, kind: str) -> None:
    answer = browser.get(KINDS[kind])
    policy = {part.strip() for part in answer["Content-Security-Policy"].split(";")}
    assert {"object-src 'none'", "base-uri 'none'", "frame-ancestors 'none'"} <= policy
    assert not [part for part in policy if part.startswith("script-src ") and "unsafe-inline" in part]
    assert answer["X-Content-Type-Options"] == "nosniff"
    assert answer["Referrer-Policy"] == "same-origin"
    assert answer["Cross-Origin-Opener-Policy"] == "same-origin"
    assert answer["Permissions-Policy"]
    assert "Server" not in answer
    assert "Access-Control-Allow-Credentials" not in answer


@pytest.mark.parametrize("kind", KINDS)
def test_every_text_names_its_encoding(browser: Client, kind: str) -> None:
    media_type = browser.get(KINDS[kind])["Content-Type"].lower().replace('"', "")
    assert not media_type.startswith("text/") or media_type.endswith("charset=utf-8")


@pytest.fixture(scope="module")
def production() -> dict[str, Any]:
    """What the settings say to processes that serve over TLS."""
    names = ", ".join(f'"{name}": settings.{name}' for name in _SETTINGS)
    program = f"import json; from config import settings; print(json.dumps({{{names}}}))"
    done = subprocess.run(
        [sys.executable, "-W", "ignore", "-c", program],
        cwd=BASE_DIR,
        env=os.environ | {"SECURE_COOKIES": "true", "EMAIL_URL": ""},
        capture_output=True,
        text=True,
        timeout=60,
        check=True,
    )
    told: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
    return told


def test_production_is_for_tls_alone(production: dict[str, Any]) -> None:
    assert production["SECURE_HSTS_SECONDS"] >= 365 * 24 * 3600
    assert production["SECURE_HSTS_INCLUDE_SUBDOMAINS"] is True
    assert production["SESSION_COOKIE_SECURE"]
    assert production["CSRF_COOKIE_SECURE"]
    assert production["LANGUAGE_COOKIE_SECURE"]
    assert production["DEBUG"] is False


def test_every_cookie_is_of_this_host_alone(
    browser: Client, person: User, production: dict[str, Any], settings: Any
) -> None:
    for name, value in production.items():
        setattr(settings, name, value)
    signed_in(browser, person)
    browser.post("/language", {"language": "pt-br"} | token_of(browser))
    names = {production[f"{kind}_COOKIE_NAME"] for kind in ("SESSION", "CSRF", "LANGUAGE")}
    assert set(browser.cookies) == names
    for name, cookie in browser.cookies.items():
        assert name.startswith("__Host-")
        assert (cookie["secure"], cookie["path"], cookie["domain"], cookie["samesite"]) == (True, "/", "", "Lax")
    for kind in ("SESSION", "LANGUAGE"):
        assert browser.cookies[production[f"{kind}_COOKIE_NAME"]]["httponly"]


def test_what_pages_tell_is_in_no_cookie(browser: Client, person: User) -> None:
    signed_in(browser, person)
    form = {"name": "Somebody", "phone": "", "locale": "", "timezone": "UTC"} | token_of(browser)
    assert browser.post("/portal/account/", form).status_code == 302
    assert set(browser.cookies) == {"csrftoken", "sessionid"}


def test_a_program_is_not_led_to_tls(api_client: APIClient, production: dict[str, Any], settings: Any) -> None:
    settings.SECURE_SSL_REDIRECT = production["SECURE_SSL_REDIRECT"]
    assert api_client.get("/api/v1/auth/me").status_code == 401


@pytest.fixture
def api_client(organization: Organization) -> APIClient:
    return APIClient(SERVER_NAME="localhost")


@pytest.mark.parametrize(
    "path", ["/portal/", "/portal/runs/", "/portal/account/", "/admin/", "/second-factor", "/admin/password_change/"]
)
def test_pages_of_somebody_known_are_not_kept(browser: Client, person: User, path: str) -> None:
    signed_in(browser, person)
    answer = browser.get(path)
    assert answer.status_code == 200
    assert "no-store" in answer["Cache-Control"]


def test_answers_of_the_api_are_not_kept_by_others(client_of: ClientOf, person: User) -> None:
    api = client_of(person)
    assert api.get("/api/v1/auth/sessions")["Cache-Control"] == "no-store"
    tagged = api.get("/api/v1/auth/me")
    assert "ETag" in tagged
    assert tagged["Cache-Control"] == "private, no-cache"
    assert api.get("/api/v1/robots")["Cache-Control"] in {"no-store", "private, no-cache"}


@pytest.mark.parametrize("path", [SIGN_OUT, "/admin/logout/", "/api/v1/auth/logout"])
def test_who_signs_out_leaves_nothing_behind(browser: Client, person: User, path: str) -> None:
    signed_in(browser, person)
    key = browser.cookies["sessionid"].value
    answer = sign_out(browser, path)
    assert answer.status_code in {200, 204, 302}
    assert answer["Clear-Site-Data"] == '"cache"'
    browser.cookies["sessionid"] = key
    assert browser.get("/portal/").status_code == 302
    assert not Session.objects.filter(user=person, revoked_at=None).exists()


@pytest.mark.parametrize("path", [SIGN_OUT, "/admin/logout/", "/api/v1/auth/logout"])
def test_nobody_is_signed_out_by_looking(browser: Client, person: User, path: str) -> None:
    signed_in(browser, person)
    assert browser.get(path).status_code == 405
    assert browser.get("/portal/").status_code == 200


@pytest.mark.parametrize(
    "origin", ["https://evil.example", "null", "http://rival.localhost", "http://acme.localhost:81"]
)
def test_forms_of_other_origins_are_refused(browser: Client, person: User, origin: str) -> None:
    signed_in(browser, person)
    for path in (SIGN_OUT, "/admin/logout/", "/api/v1/auth/logout"):
        assert sign_out(browser, path, Origin=origin).status_code == 403
    assert browser.get("/portal/").status_code == 200


@pytest.mark.parametrize("path", [SIGN_IN, "/admin/login/", "/portal/account/", "/second-factor"])
def test_passwords_are_masked_and_may_be_pasted(browser: Client, person: User, path: str) -> None:
    if path in {"/portal/account/", "/second-factor"}:
        signed_in(browser, person)
    text = browser.get(path).content.decode()
    fields = [part.partition(">")[0] for part in text.split("<input")[1:] if "password" in part.partition(">")[0]]
    assert fields
    for field in fields:
        assert 'type="password"' in field or 'type="hidden"' in field
        assert 'autocomplete="off"' not in field
        assert "onpaste" not in field


@pytest.mark.parametrize("path", KINDS.values())
def test_trace_is_not_answered(browser: Client, path: str) -> None:
    answer = browser.generic("TRACE", path, headers={"X-Secret": "told-by-the-client"})
    assert answer.status_code in {302, 403, 404, 405}
    assert b"told-by-the-client" not in b"".join(answer)


@pytest.mark.parametrize("path", ["/static/", "/static/common/", "/static/../manage.py", "/.git/config", "/.env"])
def test_no_folder_and_no_source_is_served(browser: Client, path: str) -> None:
    assert browser.get(path).status_code == 404
