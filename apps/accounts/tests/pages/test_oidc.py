"""Signing in at the organization's issuer with a browser: there, and back by /oidc/callback."""

from __future__ import annotations

import threading
from collections.abc import Callable
from contextlib import ExitStack
from datetime import timedelta
from functools import partial
from typing import Any
from urllib.parse import parse_qs, urlencode, urlsplit

import httpx
import pytest
from django.conf import settings as django_settings
from django.test import Client
from django.utils import timezone

from apps.accounts.models import OidcSettings, Role, Session, User
from apps.accounts.oidc import seats
from apps.accounts.selectors.oidc import oidc_settings_forget
from apps.accounts.services.oidc_settings import oidc_settings_save
from apps.accounts.services.platform import platform_admin_create
from apps.common.actor import Actor
from apps.tenants.context import tenant_context
from apps.tenants.models import Organization
from conftest import PASSWORD, make_user
from tests.issuer import AUDIENCE, AUTHORIZE, CLIENT_ID, CLIENT_SECRET, DISCOVERY, KEYS, TOKEN, Issuer, key_of

LOGIN, CALLBACK, HOME = "/api/v1/auth/oidc/login", "/oidc/callback", "/portal/"
SIGN_INS = ("/portal/session/sign-in/", "/admin/login/")
InThreads = Callable[[list[Callable[[], Any]]], list[Any]]
Trust = Callable[..., OidcSettings]


@pytest.fixture
def browser(organization: Organization) -> Client:
    """A browser that nobody has signed in with, on the organization's own host."""
    return Client(SERVER_NAME="acme.localhost", REMOTE_ADDR="192.0.2.7", headers={"Accept": "text/html"})


def there_and_back(browser: Client, query: str = "") -> str:
    """Goes to the issuer, signs in there, and gives the address that the issuer sends the browser back to."""
    out = browser.get(f"{LOGIN}{query}")
    assert out.status_code == 302, out.content
    answer = httpx.get(out["Location"])
    assert answer.status_code == 302, answer.text
    return str(answer.headers["Location"]).removeprefix("http://acme.localhost")


def altered(address: str, **changes: str | None) -> str:
    """The address with other parameters."""
    parts = urlsplit(address)
    query = {name: values[0] for name, values in parse_qs(parts.query).items()} | changes
    return f"{parts.path}?{urlencode({name: value for name, value in query.items() if value is not None})}"


def posted(host: str, address: str, body: dict[str, str]) -> Any:
    return Client(SERVER_NAME=host).post(f"/api/v1/auth/{address}", body, content_type="application/json")


def test_it_works(issuer: Issuer, trusted: Trust, browser: Client) -> None:
    trusted(role_mapping={"ops": "operator"})
    issuer.person["roles"] = ["ops"]
    back = there_and_back(browser, "?organization=acme&next=/portal/runs/%3Fstate%3Dfailed")
    signed_in = browser.get(back)
    assert (signed_in.status_code, signed_in["Location"]) == (302, "/portal/runs/?state=failed")
    user = User.objects.get()
    assert (user.email, user.role.slug, user.auth_source) == ("person@acme.example", "operator", "oidc")
    assert browser.get(HOME).status_code == 200
    assert browser.get("/admin/").status_code == 200
    assert Session.objects.get().user == user
    assert browser.cookies["oidc"]["max-age"] == 0
    asked = issuer.token_requests[0]
    assert (asked["grant_type"], len(asked["code_verifier"]) >= 43) == ("authorization_code", True)


def test_what_is_sent_to_the_issuer(trusted: Trust, issuer: Issuer, browser: Client) -> None:
    trusted()
    out = browser.get(LOGIN)
    query = {name: values[0] for name, values in parse_qs(urlsplit(out["Location"]).query).items()}
    assert out["Location"].startswith(f"{issuer.url}{AUTHORIZE}?")
    assert (query["client_id"], query["response_type"]) == (CLIENT_ID, "code")
    assert query["redirect_uri"] == f"http://acme.localhost{CALLBACK}"
    assert (query["code_challenge_method"], query["scope"]) == ("S256", "openid email profile")
    assert len({query["state"], query["nonce"], query["code_challenge"]}) == 3
    cookie = browser.cookies["oidc"]
    assert (cookie["httponly"], cookie["samesite"], cookie["path"]) == (True, "Lax", "/")
    assert query["state"] not in cookie.value
    assert out["Cache-Control"] == "no-store"


def test_the_host_that_all_share_leads_to_one_s_own(trusted: Trust, issuer: Issuer) -> None:
    trusted()
    shared = Client(SERVER_NAME="localhost")
    out = shared.get(LOGIN, {"organization": "acme", "next": "/admin/?a=1"})
    assert (out.status_code, out["Location"]) == (302, f"http://acme.localhost{LOGIN}?next=%2Fadmin%2F%3Fa%3D1")
    assert shared.get(LOGIN).status_code == 422
    for slug in ("nobody", "platform", "", "../x"):
        assert shared.get(LOGIN, {"organization": slug}).status_code in {404, 422}


def test_another_organization_s_name(
    trusted: Trust, issuer: Issuer, browser: Client, other_organization: Organization
) -> None:
    trusted()
    assert browser.get(LOGIN, {"organization": "rival"}).json()["error_code"] == "organization_not_found"
    rival = Client(SERVER_NAME="rival.localhost")
    assert rival.get(LOGIN).json()["error_code"] == "oidc_not_configured"


@pytest.mark.parametrize(
    "elsewhere",
    [
        "https://evil.example/",
        "//evil.example/",
        "/\\evil.example",
        "javascript:alert(1)",
        "http://acme.localhost.evil",
        "",
    ],
)
def test_it_leads_nowhere_else(issuer: Issuer, trusted: Trust, browser: Client, elsewhere: str) -> None:
    trusted()
    back = there_and_back(browser, f"?{urlencode({'next': elsewhere})}")
    assert browser.get(back)["Location"] == HOME


def test_the_session_is_a_new_one(issuer: Issuer, trusted: Trust, browser: Client, viewer: User) -> None:
    """Whoever planted a cookie beforehand does not share the session afterwards."""
    trusted()
    browser.force_login(viewer)
    name = django_settings.SESSION_COOKIE_NAME
    planted = browser.cookies[name].value
    browser.get(there_and_back(browser))
    assert browser.cookies[name].value != planted
    thief = Client(SERVER_NAME="acme.localhost")
    thief.cookies[name] = planted
    assert thief.get(HOME).status_code == 302
    assert browser.get("/api/v1/auth/me", headers={"Accept": "*/*"}).json()["user"]["email"] == "person@acme.example"


@pytest.mark.parametrize("previews", [False, True])
def test_whoever_was_here_before_is_signed_out(
    issuer: Issuer, trusted: Trust, browser: Client, owner: User, previews: bool
) -> None:
    """Of whatever they looked around as in this browser nothing stays either."""
    trusted()
    browser.force_login(owner)
    if previews:
        role = Role.objects.get(slug="viewer")
        assert browser.post(f"/admin/accounts/role/{role.pk}/preview/").status_code == 302
    assert browser.get(there_and_back(browser)).status_code == 302
    assert Session.objects.get(user=owner).revoked_reason == "signed_out"
    assert browser.get("/api/v1/auth/me", headers={"Accept": "*/*"}).json()["user"]["email"] == "person@acme.example"


def test_it_comes_back_once(issuer: Issuer, trusted: Trust, browser: Client) -> None:
    trusted()
    back = there_and_back(browser)
    kept = browser.cookies["oidc"].value
    assert browser.get(back).status_code == 302
    assert browser.get(back).status_code == 400  # the cookie is gone
    browser.cookies["oidc"] = kept
    assert browser.get(back).status_code == 403  # and the code is used up


def test_another_browser_cannot_finish_it(issuer: Issuer, trusted: Trust, browser: Client) -> None:
    """Nobody is signed in to somebody else's account by a link."""
    trusted()
    back = there_and_back(browser)
    victim = Client(SERVER_NAME="acme.localhost", headers={"Accept": "text/html"})
    there_and_back(victim)  # on its way itself
    page = victim.get(back)
    assert page.status_code == 400
    assert "did not begin in this browser" in page.content.decode()
    assert not Session.objects.exists()


@pytest.mark.parametrize(
    ("changes", "status"),
    [
        ({"state": "other"}, 400),
        ({"state": None}, 400),
        ({"iss": "https://other.example"}, 400),
        ({"iss": None}, 302),  # older issuers do not say
        ({"code": None}, 403),
        ({"code": "made-up"}, 403),
        ({"code": "x" * 5000}, 400),
        ({"error": "access_denied"}, 403),
    ],
)
def test_answers_that_are_none(
    issuer: Issuer, trusted: Trust, browser: Client, changes: dict[str, str | None], status: int
) -> None:
    trusted()
    page = browser.get(altered(there_and_back(browser), **changes))
    assert page.status_code == status
    assert Session.objects.exists() == (status == 302)


@pytest.mark.parametrize("kept", ["", "x", "AAAA", "A" * 200, "\u00e9"])
def test_a_cookie_that_is_none(issuer: Issuer, trusted: Trust, browser: Client, kept: str) -> None:
    trusted()
    back = there_and_back(browser)
    browser.cookies["oidc"] = kept
    assert browser.get(back).status_code == 400


def test_a_cookie_of_another_organization(
    issuer: Issuer, trusted: Trust, browser: Client, other_organization: Organization
) -> None:
    trusted()
    there_and_back(browser)
    rival = Client(SERVER_NAME="rival.localhost", headers={"Accept": "text/html"})
    rival.cookies["oidc"] = browser.cookies["oidc"].value
    assert rival.get(CALLBACK, {"code": "x", "state": "x"}).status_code == 404


def test_who_takes_too_long(issuer: Issuer, trusted: Trust, browser: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    trusted()
    monkeypatch.setattr("apps.accounts.oidc.flow.LIFE", timedelta(seconds=-1))
    assert browser.get(there_and_back(browser)).status_code == 400


def test_the_issuer_refuses(issuer: Issuer, trusted: Trust, browser: Client) -> None:
    trusted()
    issuer.refusal = "access_denied"
    page = browser.get(there_and_back(browser))
    assert page.status_code == 403
    assert "The issuer did not let you in." in page.content.decode()
    assert browser.cookies["oidc"]["max-age"] == 0


@pytest.mark.parametrize(
    "claims",
    [{"nonce": "other"}, {"nonce": None}, {"aud": "another-client"}, {"aud": [CLIENT_ID, "x"]}, {"azp": "x"},
     {"iss": "https://other.example"}, {"exp": 5}, {"sub": None}],
)  # fmt: skip
def test_an_id_token_that_is_not_for_this(
    issuer: Issuer, trusted: Trust, browser: Client, claims: dict[str, Any]
) -> None:
    trusted()
    issuer.token_claims = claims
    assert browser.get(there_and_back(browser)).status_code == 403
    assert not User.objects.exists()


def test_an_id_token_that_somebody_else_signed(issuer: Issuer, trusted: Trust, browser: Client) -> None:
    trusted()
    issuer.signing = {"first": (key_of(2), "RS256")}
    assert browser.get(there_and_back(browser)).status_code == 403


def test_keys_that_rotated_meanwhile(issuer: Issuer, trusted: Trust, browser: Client) -> None:
    trusted()
    back = there_and_back(browser)
    issuer.rotate("second")
    assert browser.get(back).status_code == 302


@pytest.mark.parametrize(
    "answer", [(500, {}, b""), (200, {}, b"<html>"), (302, {"Location": "/x"}, b""), (200, {}, b"[]")]
)
def test_a_token_endpoint_that_is_broken(issuer: Issuer, trusted: Trust, browser: Client, answer: Any) -> None:
    trusted()
    issuer.broken[TOKEN] = answer
    assert browser.get(there_and_back(browser)).status_code == 503
    issuer.broken[TOKEN] = (200, {}, b'{"access_token": "x", "token_type": "Bearer"}')
    assert browser.get(there_and_back(browser)).status_code == 403


def test_the_wrong_secret(issuer: Issuer, trusted: Trust, browser: Client) -> None:
    trusted(client_secret="wrong")
    assert browser.get(there_and_back(browser)).status_code == 403


@pytest.mark.parametrize("methods", [["client_secret_basic"], None])
def test_a_secret_in_the_header(issuer: Issuer, trusted: Trust, browser: Client, methods: Any) -> None:
    told = issuer.configuration() | {"token_endpoint_auth_methods_supported": methods}
    issuer.broken[DISCOVERY] = (200, {}, httpx.Request("POST", "http://x", json=told).content)
    trusted()
    assert browser.get(there_and_back(browser)).status_code == 302
    assert "client_secret" not in issuer.token_requests[0]


def test_a_seat_is_waited_for_by_who_comes_back(
    issuer: Issuer, live_organization: Organization, in_threads: InThreads, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Three at once, where two of an organization are asked about at a time and the issuer takes a moment."""
    monkeypatch.setattr(seats, "WAITING_SECONDS", 20.0)  # on a machine that has much else to do
    with tenant_context(live_organization):
        given = {"issuer": issuer.url, "audience": AUDIENCE, "client_id": CLIENT_ID, "client_secret": CLIENT_SECRET}
        system = Actor.system("tests", schema=live_organization.schema_name)
        oidc_settings_save(actor=system, changes=given, now=timezone.now())
    host = f"{live_organization.slug}.localhost"
    browsers = [Client(SERVER_NAME=host, REMOTE_ADDR=f"192.0.2.{number}") for number in range(3)]
    ways = [there_and_back(browser).removeprefix(f"http://{host}") for browser in browsers]
    issuer.between = lambda: threading.Event().wait(0.0005)
    backs: list[Callable[[], Any]] = [partial(browser.get, back) for browser, back in zip(browsers, ways, strict=True)]
    assert [answer.status_code for answer in in_threads(backs)] == [302] * 3


def test_nobody_frees_a_seat_in_time(
    issuer: Issuer, trusted: Trust, browser: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(seats, "WAITING_SECONDS", 0.05)
    trusted()
    back = there_and_back(browser)
    with ExitStack() as held:
        for _each in range(seats.MOST_OF_EACH):
            held.enter_context(seats.seat_taken())
        page = browser.get(back)
    assert (page.status_code, int(page["Retry-After"]) > 0) == (429, True)
    assert "text/html" in page["Content-Type"]
    assert not Session.objects.exists()
    assert '<a class="button primary full" href="">Try again</a>' in page.content.decode()
    assert browser.get(back).status_code == 302
    assert browser.get(back).status_code == 400  # once is once


def test_who_may_not_come_in(issuer: Issuer, trusted: Trust, browser: Client) -> None:
    trusted(allowed_domains=["rival.example"])
    page = browser.get(there_and_back(browser))
    assert page.status_code == 403
    assert "Addresses of this domain may not sign in here." in page.content.decode()
    make_user("person@acme.example", "viewer")
    User.objects.update(is_active=False)
    trusted(allowed_domains=[])
    assert "This account is not active." in browser.get(there_and_back(browser)).content.decode()
    assert not Session.objects.exists()


def test_text_of_the_issuer_is_not_repeated(issuer: Issuer, trusted: Trust, browser: Client) -> None:
    trusted()
    page = browser.get(altered(there_and_back(browser), error="<b>call 555</b>", error_description="call 555"))
    assert "555" not in page.content.decode()


@pytest.mark.parametrize("page", SIGN_INS)
def test_the_sign_in_pages_offer_it(issuer: Issuer, trusted: Trust, browser: Client, page: str) -> None:
    assert LOGIN not in browser.get(page).content.decode()
    trusted()
    shown = browser.get(page, {"next": "/admin/robots/"}).content.decode()
    assert f'href="{LOGIN}?next=%2Fadmin%2Frobots%2F"' in shown
    assert 'type="password"' in shown
    trusted(local_sign_in=False)
    shown = browser.get(page).content.decode()
    assert LOGIN in shown
    assert 'type="password"' not in shown


def test_the_back_office_is_where_its_page_leads(issuer: Issuer, trusted: Trust, browser: Client) -> None:
    trusted()
    assert f'href="{LOGIN}?next=%2Fadmin%2F"' in browser.get("/admin/login/").content.decode()


def test_an_issuer_for_tokens_alone_is_not_offered(issuer: Issuer, trusted: Trust, browser: Client) -> None:
    trusted(client_id="", client_secret=None)
    assert LOGIN not in browser.get(SIGN_INS[0]).content.decode()
    assert browser.get(LOGIN).status_code == 404


def test_without_passwords_nobody_signs_in_with_one(
    issuer: Issuer, trusted: Trust, browser: Client, owner: User, unlimited: None
) -> None:
    owner.set_password(PASSWORD)
    owner.save()
    trusted(local_sign_in=False)
    body = {"email": owner.email, "password": PASSWORD}
    for host in ("acme.localhost", "localhost"):
        answer = posted(host, "login", body)
        assert (answer.status_code, answer.json()["error_code"]) == (403, "local_sign_in_off")
    # On the shared host a wrong one tells nothing of the address.
    assert posted("localhost", "login", body | {"password": "wrong"}).json()["error_code"] == "wrong_credentials"
    for page in SIGN_INS:
        browser.post(page, {"username": owner.email, "password": PASSWORD})
    assert not Session.objects.exists()
    trusted(local_sign_in=True)
    assert posted("localhost", "login", body).status_code == 200


def test_without_passwords_none_is_set(
    issuer: Issuer, trusted: Trust, browser: Client, owner: User, mailed: Callable[[], list[Any]]
) -> None:
    trusted(local_sign_in=False)
    body = {"email": owner.email}
    own = posted("acme.localhost", "forgot-password", body)
    assert (own.status_code, own.json()["error_code"]) == (403, "local_sign_in_off")
    assert posted("localhost", "forgot-password", body).status_code == 200
    assert not mailed()
    page = browser.post("/password/forgot", body)
    assert (page.status_code, "not with passwords kept here" in page.content.decode()) == (403, True)


def test_administrators_of_the_platform_are_not_locked_out(issuer: Issuer, trusted: Trust) -> None:
    trusted(local_sign_in=False)
    platform_admin_create(email="root@platform.example", name="Root", password=PASSWORD, now=timezone.now())
    assert posted("localhost", "login", {"email": "root@platform.example", "password": PASSWORD}).status_code == 200


def test_too_often(issuer: Issuer, trusted: Trust, browser: Client, settings: Any) -> None:
    trusted()
    settings.ENV = settings.ENV.model_copy(update={"rate_limit_oidc": "2/minute"})
    assert [browser.get(LOGIN).status_code for _each in range(3)] == [302, 302, 429]


def test_too_often_on_the_way_back(issuer: Issuer, trusted: Trust, browser: Client, settings: Any) -> None:
    """The code was not spent: whoever waits, and loads the page again, is let in."""
    trusted()
    back = there_and_back(browser)
    env = settings.ENV
    settings.ENV = env.model_copy(update={"rate_limit_oidc": "1/hour"})
    other = Client(SERVER_NAME="acme.localhost")
    assert other.get("/oidc/callback", REMOTE_ADDR="192.0.2.7").status_code == 400
    assert browser.get(back, REMOTE_ADDR="192.0.2.7").status_code == 429
    settings.ENV = env
    assert browser.get(back, REMOTE_ADDR="192.0.2.7").status_code == 302


def test_an_issuer_whose_keys_cannot_be_had(issuer: Issuer, trusted: Trust, browser: Client) -> None:
    trusted()
    issuer.broken[KEYS] = (500, {}, b"")
    OidcSettings.objects.update(keys_fetched_at=timezone.now() - timedelta(days=2))
    oidc_settings_forget()
    page = browser.get(there_and_back(browser))
    assert page.status_code == 503
    assert page["Content-Security-Policy"].startswith("default-src 'none'")
