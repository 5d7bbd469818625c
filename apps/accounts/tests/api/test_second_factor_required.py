"""An organization that wants a second factor of its administrators, at the API and at sockets."""

from __future__ import annotations

from base64 import b32decode
from collections.abc import Callable
from typing import Any

import pytest
from django.utils import timezone
from rest_framework.test import APIClient

from apps.accounts.authentication.sockets import _headers, _let_in, _renewed
from apps.accounts.errors import SecondFactorMissing
from apps.accounts.models import SecondFactor, Session, User
from apps.accounts.services.api_keys import api_key_create
from apps.accounts.services.credentials import actor_of_user
from apps.accounts.services.organizations import organization_settings_update
from apps.accounts.services.socket_tickets import socket_ticket_create
from apps.accounts.tests.api.test_login import login
from apps.accounts.tests.conftest import Device, enrolled
from apps.common.actor import Actor
from apps.tenants.models import Organization
from apps.tenants.selectors import settings_forget
from conftest import PASSWORD, bearer, make_user

AUTH = "/api/v1/auth"
DEVICE = f"{AUTH}/second-factor"
Require = Callable[..., None]


@pytest.fixture
def boss(organization: Organization) -> User:
    """An administrator with a password."""
    return make_user("boss@acme.example", "org_admin", password=PASSWORD)


@pytest.fixture
def require(organization: Organization) -> Require:
    def change(*, wanted: bool) -> None:
        system = Actor.system("tests", schema=organization.schema_name)
        organization_settings_update(actor=system, changes={"require_second_factor": wanted}, now=timezone.now())
        settings_forget(organization.schema_name)  # the commit that would do so never comes

    return change


@pytest.fixture
def client(boss: User, organization: Organization, require: Require) -> APIClient:
    """The administrator by token, in an organization that wants a second factor."""
    require(wanted=True)
    client = APIClient(SERVER_NAME="localhost")
    client.credentials(HTTP_AUTHORIZATION=f"Bearer {bearer(boss, organization)}")
    return client


def refused(answer: Any) -> bool:
    assert (answer.status_code, answer.json()["error_code"]) == (403, "second_factor_missing"), answer.content
    return True


def test_it_works(api: APIClient, boss: User, require: Require) -> None:
    """A password alone leads to a second factor and nowhere else; the same token is good for everything after that."""
    require(wanted=True)
    answer = login(api, boss)
    assert answer.status_code == 200
    api.credentials(HTTP_AUTHORIZATION=f"Bearer {answer.json()['access_token']}")
    assert refused(api.get("/api/v1/users"))
    assert api.get(DEVICE).json()["is_required"]
    begun = api.post(DEVICE, {"password": PASSWORD})
    device = Device(boss, "")
    device.secret = b32decode(begun.json()["secret"])
    assert refused(api.get("/api/v1/users"))  # begun is not confirmed
    assert api.post(f"{DEVICE}/confirm", {"code": device.code()}).status_code == 200
    assert api.get("/api/v1/users").status_code == 200


@pytest.mark.parametrize("end", ["", "/"])
def test_what_is_open(client: APIClient, end: str) -> None:
    assert client.get(f"{AUTH}/me{end}").status_code == 200
    assert client.patch(f"{AUTH}/me{end}", {"name": "Boss"}).status_code == 200
    assert client.get(f"{DEVICE}{end}").status_code == 200
    assert client.post(f"{AUTH}/logout{end}").status_code == 204
    assert client.get(f"{AUTH}/me{end}").status_code == 401


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("get", "/api/v1/users"),
        ("post", "/api/v1/users"),
        ("get", "/api/v1/robots"),
        ("get", "/api/v1/tenants/current"),
        ("put", "/api/v1/tenants/current/settings"),
        ("put", "/api/v1/tenants/current/oidc"),
        ("get", "/api/v1/api-keys"),
        ("post", "/api/v1/api-keys"),
        ("post", "/api/v1/ws/ticket"),
        ("get", f"{AUTH}/sessions"),
        ("post", f"{AUTH}/change-password"),
        ("post", f"{DEVICE}/recovery-codes"),
        ("post", f"{DEVICE}/disable"),
        ("get", f"{AUTH}/me/../sessions"),
        ("get", f"{AUTH}/me//"),
        ("get", f"{AUTH}/%6de/x"),
    ],
)
def test_everything_else_is_not(client: APIClient, method: str, path: str) -> None:
    answer = getattr(client, method)(path, {} if method != "get" else None)
    assert answer.status_code == 404 or refused(answer)


def test_a_browser_s_cookie_gets_no_further(boss: User, organization: Organization, require: Require) -> None:
    require(wanted=True)
    browser = APIClient(SERVER_NAME="acme.localhost")
    form = {"username": boss.email, "password": PASSWORD}
    assert browser.post("/admin/login/", form, format="multipart").status_code == 302
    assert browser.get(f"{AUTH}/me").status_code == 200
    assert refused(browser.get("/api/v1/users"))


def test_sockets(boss: User, organization: Organization, require: Require) -> None:
    token = bearer(boss, organization)
    scope = {"type": "websocket", "headers": [(b"host", b"localhost")], "client": ("127.0.0.1", 1)}
    by_token = scope | {"query_string": f"token={token}".encode()}
    actor = _let_in(by_token, _headers(by_token), timezone.now())
    ticket, _life = socket_ticket_create(actor=actor, now=timezone.now())
    require(wanted=True)
    with pytest.raises(SecondFactorMissing):
        _let_in(by_token, _headers(by_token), timezone.now())
    by_ticket = scope | {"query_string": f"ticket={ticket}".encode()}
    with pytest.raises(SecondFactorMissing):
        _let_in(by_ticket, _headers(by_ticket), timezone.now())
    with pytest.raises(SecondFactorMissing):  # one that was open before
        _renewed(actor, now=timezone.now())
    require(wanted=False)
    assert _renewed(actor, now=timezone.now()).id == actor.id


def test_whom_it_is_not_asked_of(
    boss: User, owner: User, member: User, organization: Organization, require: Require
) -> None:
    """Who has one; who has no password here; who does not administer; keys, which have none."""
    enrolled(boss, organization)
    keyed = make_user("keyed@acme.example", "org_admin", password=PASSWORD)
    actor = actor_of_user(keyed, schema=organization.schema_name, ip=None)
    _key, secret = api_key_create(actor=actor, name="k", permissions=["admin.manage"], now=timezone.now())
    require(wanted=True)
    for user in (boss, owner, member):
        client = APIClient(SERVER_NAME="localhost")
        client.credentials(HTTP_AUTHORIZATION=f"Bearer {bearer(user, organization)}")
        assert client.get("/api/v1/robots").status_code == 200, user
    assert APIClient(SERVER_NAME="localhost").get("/api/v1/users", HTTP_X_API_KEY=secret).status_code == 200
    assert Session.objects.exists()


def test_taking_it_away_closes_the_doors_again(client: APIClient, boss: User, organization: Organization) -> None:
    enrolled(boss, organization)
    client.credentials(HTTP_AUTHORIZATION=f"Bearer {bearer(boss, organization)}")
    assert client.get("/api/v1/users").status_code == 200
    SecondFactor.objects.get(user=boss).delete()
    assert refused(client.get("/api/v1/users"))
