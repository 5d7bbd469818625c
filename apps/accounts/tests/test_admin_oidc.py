"""The page of an organization's issuer: set up, checked, changed and taken away by a form."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from apps.accounts.models import OidcSettings, User
from apps.accounts.services.oidc_settings import client_secret_of
from apps.accounts.services.roles import role_create
from apps.common.actor import Actor
from apps.events.models import Event
from apps.tenants.models import Organization
from conftest import make_user
from tests.issuer import AUDIENCE, CLIENT_ID, CLIENT_SECRET, DISCOVERY, Issuer

PAGE = "/admin/accounts/oidcsettings/"
Trust = Callable[..., OidcSettings]


@pytest.fixture
def browser(owner: User) -> Client:
    client = Client(SERVER_NAME="acme.localhost")
    client.force_login(owner)
    return client


def lines(*pairs: tuple[str, str], initial: int = 0) -> dict[str, str]:
    """Roles by claim as the form sends them."""
    sent = {"mapping-TOTAL_FORMS": str(len(pairs)), "mapping-INITIAL_FORMS": str(initial)}
    for number, (value, role) in enumerate(pairs):
        sent |= {f"mapping-{number}-value": value, f"mapping-{number}-role": role}
    return sent


@pytest.fixture
def filled(issuer: Issuer) -> dict[str, str]:
    plain = {"issuer": issuer.url, "audience": AUDIENCE, "client_id": CLIENT_ID, "client_secret": CLIENT_SECRET}
    rest = {"role_claim": "groups", "default_role": "viewer", "local_sign_in": "on"}
    return (
        plain | rest | {"allowed_domains": "acme.example\r\n\r\nrival.example"} | lines(("ops", "operator"), ("", ""))
    )


def wrong(answer: Any) -> dict[str, list[str]]:
    assert answer.status_code == 200
    return {name: list(texts) for name, texts in answer.context["form"].errors.items()}


def test_it_works(browser: Client, owner: User, filled: dict[str, str]) -> None:
    page = browser.get(PAGE).content.decode()
    assert 'data-copy="http://acme.localhost/oidc/callback"' in page
    assert "Take the issuer away" not in page
    answer = browser.post(PAGE, filled)
    assert (answer.status_code, answer["Location"]) == (302, PAGE)
    row = OidcSettings.objects.get()
    assert (row.role_mapping, row.role_claim) == ({"ops": "operator"}, "groups")
    assert (row.allowed_domains, row.local_sign_in) == (["acme.example", "rival.example"], True)
    assert client_secret_of(row) == CLIENT_SECRET
    assert Event.objects.get(name="oidc.changed").actor_id == str(owner.pk)
    page = browser.get(PAGE).content.decode()
    assert CLIENT_SECRET not in page
    assert "Leave empty to keep it" in page
    assert 'value="ops"' in page


def test_an_empty_secret_keeps_the_one_there_is(browser: Client, trusted: Trust, filled: dict[str, str]) -> None:
    trusted()
    assert browser.post(PAGE, filled | {"client_secret": ""}).status_code == 302
    assert client_secret_of(OidcSettings.objects.get()) == CLIENT_SECRET
    browser.post(PAGE, filled | {"client_secret": "", "forget_secret": "on"})
    assert OidcSettings.objects.get().client_secret is None


def test_a_line_is_emptied(browser: Client, trusted: Trust, filled: dict[str, str]) -> None:
    trusted(role_mapping={"ops": "operator", "boss": "org_admin"})
    sent = filled | lines(("", ""), ("boss", "org_admin"), ("", ""), initial=2)
    assert browser.post(PAGE, sent).status_code == 302
    assert OidcSettings.objects.get().role_mapping == {"boss": "org_admin"}


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"issuer": ""}, "issuer"),
        ({"issuer": "http://127.0.0.1:1"}, "issuer"),
        ({"issuer": "not an address"}, "issuer"),
        ({"audience": "x" * 256}, "audience"),
        ({"default_role": "super_admin"}, "default_role"),
        ({"allowed_domains": "no domain!"}, "allowed_domains"),
        ({"client_id": "", "local_sign_in": ""}, "local_sign_in"),
    ],
)
def test_what_is_wrong_stands_at_its_field(
    browser: Client, filled: dict[str, str], change: dict[str, str], field: str
) -> None:
    answer = browser.post(PAGE, filled | change)
    assert list(wrong(answer)) == [field]
    assert 'value="oficina-portal"' in answer.content.decode() or "client_id" in change
    assert not OidcSettings.objects.exists()


@pytest.mark.parametrize(
    "mapping",
    [
        lines(("ops", "")),
        lines(("", "operator")),
        lines(("ops", "operator"), ("ops", "viewer")),
        lines(("ops", "super_admin")),
        {"mapping-TOTAL_FORMS": "1000000"},
        {"mapping-TOTAL_FORMS": "x"},
    ],
)
def test_wrong_lines_are_told(browser: Client, filled: dict[str, str], mapping: dict[str, str]) -> None:
    answer = browser.post(PAGE, filled | mapping)
    assert answer.status_code == 200
    assert not answer.context["form"].mapping.is_valid()
    assert not OidcSettings.objects.exists()


def test_the_connection_is_checked_and_nothing_stored(browser: Client, issuer: Issuer, filled: dict[str, str]) -> None:
    page = browser.post(PAGE, filled | {"_check": "1"}).content.decode()
    assert f"{issuer.url}/authorize" in page
    assert "Nothing has been stored yet." in page
    assert CLIENT_SECRET not in page
    issuer.broken[DISCOVERY] = (200, {}, json.dumps({"issuer": "https://other.example"}).encode())
    answer = browser.post(PAGE, filled | {"_check": "1"})
    assert any("calls itself otherwise" in text for text in wrong(answer)["issuer"])
    assert not OidcSettings.objects.exists()


def test_it_was_changed_meanwhile(browser: Client, trusted: Trust, filled: dict[str, str]) -> None:
    trusted()
    seen = browser.get(PAGE).context["seen"]
    trusted(default_role="agent")
    assert list(wrong(browser.post(PAGE, filled | {"seen": seen}))) == ["__all__"]
    assert OidcSettings.objects.get().default_role == "agent"


def test_it_is_taken_away(browser: Client, trusted: Trust) -> None:
    row = trusted()
    page = browser.get(f"{PAGE}remove/")
    assert row.issuer in page.content.decode()
    assert OidcSettings.objects.exists()
    assert browser.post(f"{PAGE}remove/", {"seen": page.context["seen"]}).status_code == 302
    assert not OidcSettings.objects.exists()
    answer = browser.post(f"{PAGE}remove/", follow=True)
    assert [str(message) for message in answer.context["messages"]]


def test_nobody_gives_more_than_they_hold(organization: Organization, filled: dict[str, str]) -> None:
    system, actions = Actor.system("tests", schema=organization.schema_name), ["settings.manage", "service.read"]
    role_create(actor=system, slug="clerk", name="Clerk", actions=actions, now=timezone.now())
    client = Client(SERVER_NAME="acme.localhost")
    client.force_login(make_user("clerk@acme.example", "clerk"))
    answer = client.post(PAGE, filled | lines(("boss", "org_admin")))
    assert "__all__" in wrong(answer)
    assert not OidcSettings.objects.exists()


@pytest.mark.parametrize("who", ["viewer", "maintainer", "stranger"])
def test_without_the_right_it_is_403(request: pytest.FixtureRequest, who: str, filled: dict[str, str]) -> None:
    client = Client(SERVER_NAME="acme.localhost")
    client.force_login(request.getfixturevalue(who))
    for path in (PAGE, f"{PAGE}remove/"):
        assert client.get(path).status_code == 403
        assert client.post(path, filled).status_code == 403
    assert not OidcSettings.objects.exists()
