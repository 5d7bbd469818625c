"""What is remembered of one request's headers is never told to another that differs in one of them."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from rest_framework.test import APIClient

from apps.accounts.models import OidcSettings, User
from apps.tenants.models import Organization
from conftest import bearer
from tests.issuer import Issuer

ME = "/api/v1/auth/me"
NEAR, FAR = "https://near.example", "https://far.example"


def asked(headers: dict[str, str], path: str = ME) -> Any:
    return APIClient().get(path, headers=headers)


def told_in_turns(one: dict[str, str], other: dict[str, str], tell: Callable[[Any], object]) -> tuple[object, object]:
    """What each of two kinds of requests is told: thrice in turns, and the same each time."""
    told = [(tell(asked(one)), tell(asked(other))) for _each in range(3)]
    assert len(set(told)) == 1, told
    return told[0]


@pytest.fixture
def headers(owner: User, organization: Organization) -> dict[str, str]:
    return {"Host": "acme.localhost", "Authorization": f"Bearer {bearer(owner, organization)}"}


def status(answer: Any) -> int:
    return int(answer.status_code)


def test_hosts(headers: dict[str, str], other_organization: Organization) -> None:
    assert told_in_turns(headers, headers | {"Host": "rival.localhost"}, status) == (200, 401)
    assert told_in_turns(headers, headers | {"Host": "nobody.localhost"}, status) == (200, 404)


def test_who_asks(headers: dict[str, str], viewer: User, organization: Organization) -> None:
    other = headers | {"Authorization": f"Bearer {bearer(viewer, organization)}"}
    emails = told_in_turns(headers, other, lambda answer: answer.json()["user"]["email"])
    assert emails == ("owner@acme.example", "viewer@acme.example")


def test_organizations_named_beside_a_token(
    issuer: Issuer, trusted: Callable[..., OidcSettings], other_organization: Organization
) -> None:
    trusted()
    token = {"Host": "localhost", "Authorization": f"Bearer {issuer.token()}"}
    assert told_in_turns(token | {"X-Organization": "acme"}, token | {"X-Organization": "rival"}, status) == (200, 401)
    assert told_in_turns(token | {"X-Organization": "acme"}, token, status) == (200, 401)


@pytest.mark.parametrize("known", [True, False])
def test_languages(headers: dict[str, str], known: bool) -> None:
    if not known:
        headers = {"Host": headers["Host"]}
    english, portuguese = headers | {"Accept-Language": "en"}, headers | {"Accept-Language": "pt-BR"}
    assert told_in_turns(english, portuguese, lambda answer: answer["Content-Language"]) == ("en", "pt-br")
    cookie = portuguese | {"Cookie": "django_language=en"}
    assert told_in_turns(cookie, portuguese, lambda answer: answer["Content-Language"]) == ("en", "pt-br")


def test_what_is_accepted(headers: dict[str, str]) -> None:
    json, pages = headers | {"Accept": "application/json"}, headers | {"Accept": "text/html"}
    assert told_in_turns(json, pages, status) == (200, 406)


def test_origins(headers: dict[str, str], settings: Any) -> None:
    settings.CORS_ALLOW_ALL_ORIGINS, settings.CORS_ALLOWED_ORIGINS = False, [NEAR]

    def allowed(answer: Any) -> object:
        return answer.get("Access-Control-Allow-Origin")

    assert told_in_turns(headers | {"Origin": NEAR}, headers | {"Origin": FAR}, allowed) == (NEAR, None)
    assert told_in_turns(headers | {"Origin": NEAR}, headers, allowed) == (NEAR, None)


def test_addresses_behind_a_proxy(organization: Organization, settings: Any) -> None:
    settings.ENV = settings.ENV.model_copy(
        update={"trusted_proxies": ("127.0.0.1/32",), "rate_limit_anonymous": "2/minute"}
    )
    near, far = ({"Host": "acme.localhost", "X-Forwarded-For": address} for address in ("192.0.2.1", "192.0.2.2"))
    assert [status(asked(near)) for _each in range(3)] == [401, 401, 429]
    assert status(asked(far)) == 401
