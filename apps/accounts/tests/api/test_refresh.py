"""POST /api/v1/auth/refresh."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone
from rest_framework.test import APIClient

from apps.accounts.models import RefreshToken, Session, User
from apps.accounts.tokens import hash_secret, read_access_token
from apps.events.models import Event
from apps.tenants.context import public_context, tenant_context
from apps.tenants.models import Organization
from conftest import PASSWORD, make_user

URL, LOGIN, ME = "/api/v1/auth/refresh", "/api/v1/auth/login", "/api/v1/auth/me"


@pytest.fixture
def signed_in(api: APIClient, member: User) -> dict[str, Any]:
    answer = api.post(LOGIN, {"email": member.email, "password": PASSWORD})
    assert answer.status_code == 200
    return dict(answer.json())


def refresh(api: APIClient, token: str) -> Any:
    return api.post(URL, {"refresh_token": token})


def me(api: APIClient, token: str) -> int:
    return int(api.get(ME, HTTP_AUTHORIZATION=f"Bearer {token}").status_code)


def age(token: str, seconds: int) -> None:
    """Makes a token's use that much longer ago."""
    used_at = timezone.now() - timedelta(seconds=seconds)
    assert RefreshToken.objects.filter(token_hash=hash_secret(token)).update(used_at=used_at)


def test_it_works(api: APIClient, signed_in: dict[str, Any]) -> None:
    answer = refresh(api, signed_in["refresh_token"])
    assert answer.status_code == 200, answer.data
    body = answer.json()
    assert set(body) == {"access_token", "refresh_token", "token_type", "expires_in"}
    assert (body["token_type"], body["expires_in"]) == ("bearer", 900)
    assert body["refresh_token"] != signed_in["refresh_token"]
    assert me(api, body["access_token"]) == 200
    assert refresh(api, body["refresh_token"]).status_code == 200
    assert Session.objects.count() == 1


def test_as_bearer_without_a_body(api: APIClient, signed_in: dict[str, Any]) -> None:
    answer = api.post(URL, HTTP_AUTHORIZATION=f"Bearer {signed_in['refresh_token']}")
    assert answer.status_code == 200


def test_the_body_goes_before_an_old_access_token_in_the_header(api: APIClient, signed_in: dict[str, Any]) -> None:
    answer = api.post(URL, {"refresh_token": signed_in["refresh_token"]}, HTTP_AUTHORIZATION="Bearer old")
    assert answer.status_code == 200


def test_without_any_token_it_is_422(api: APIClient) -> None:
    assert api.post(URL).status_code == 422
    assert api.post(URL, {"refresh_token": ""}).status_code == 422


@pytest.mark.parametrize(
    "token", ["x", "ofr_x_y", "ofr_platform_zzz", "ofr_000000000000_zzz", "ofr_public_zzz", "ofr_template_zzz"]
)
def test_an_unknown_token_is_401(api: APIClient, token: str) -> None:
    answer = refresh(api, token)
    assert (answer.status_code, answer.json()["error_code"]) == (401, "invalid_refresh_token")


def test_an_access_token_is_no_refresh_token(api: APIClient, signed_in: dict[str, Any]) -> None:
    answer = api.post(URL, HTTP_AUTHORIZATION=f"Bearer {signed_in['access_token']}")
    assert answer.status_code == 401


def test_a_refresh_token_is_no_access_token(api: APIClient, signed_in: dict[str, Any]) -> None:
    assert me(api, signed_in["refresh_token"]) == 401


def test_a_used_one_gives_another_pair_for_ten_seconds(api: APIClient, signed_in: dict[str, Any]) -> None:
    first = refresh(api, signed_in["refresh_token"]).json()
    age(signed_in["refresh_token"], 8)
    second = refresh(api, signed_in["refresh_token"])
    assert second.status_code == 200
    assert first["refresh_token"] != second.json()["refresh_token"]
    assert refresh(api, first["refresh_token"]).status_code == 200
    assert refresh(api, second.json()["refresh_token"]).status_code == 200


def test_reuse_ends_the_family_at_once_and_is_recorded(api: APIClient, signed_in: dict[str, Any]) -> None:
    latest = refresh(api, signed_in["refresh_token"]).json()
    age(signed_in["refresh_token"], 11)
    answer = refresh(api, signed_in["refresh_token"])
    assert (answer.status_code, answer.json()["error_code"]) == (401, "refresh_token_reused")
    assert refresh(api, latest["refresh_token"]).json()["error_code"] == "invalid_refresh_token"
    assert me(api, latest["access_token"]) == 401
    assert me(api, signed_in["access_token"]) == 401
    event = Event.objects.get(name="session.revoked")
    assert event.data == {"reason": "token_reused"}
    assert event.ip == api.defaults["REMOTE_ADDR"]


def test_reuse_leaves_other_sessions_alone(api: APIClient, member: User, signed_in: dict[str, Any]) -> None:
    other = api.post(LOGIN, {"email": member.email, "password": PASSWORD}).json()
    refresh(api, signed_in["refresh_token"])
    age(signed_in["refresh_token"], 60)
    assert refresh(api, signed_in["refresh_token"]).status_code == 401
    assert me(api, other["access_token"]) == 200
    assert refresh(api, other["refresh_token"]).status_code == 200


def test_it_expires(api: APIClient, signed_in: dict[str, Any]) -> None:
    RefreshToken.objects.update(expires_at=timezone.now())
    assert refresh(api, signed_in["refresh_token"]).status_code == 401


class TestFamily:
    """However often it is refreshed, what one sign-in began ends some day."""

    @pytest.fixture(autouse=True)
    def _a_month(self, settings: Any) -> None:
        settings.ENV = settings.ENV.model_copy(update={"refresh_family_days": 30})

    @staticmethod
    def begin(**ago: float) -> None:
        """Makes the sign-in that much longer ago."""
        Session.objects.update(created_at=timezone.now() - timedelta(**ago))

    def test_its_last_tokens_live_as_long_as_it_does(self, api: APIClient, signed_in: dict[str, Any]) -> None:
        self.begin(days=29, hours=23, minutes=50)
        answer = refresh(api, signed_in["refresh_token"])
        assert answer.status_code == 200
        assert 500 < answer.json()["expires_in"] <= 600
        claims = read_access_token(answer.json()["access_token"])
        end = (timezone.now() + timedelta(minutes=10)).timestamp()
        assert end - 60 < claims.expires_at <= end
        assert {token.expires_at for token in RefreshToken.objects.filter(used_at=None)} == {
            Session.objects.get().expires_at
        }
        assert me(api, answer.json()["access_token"]) == 200

    def test_past_it_a_fresh_token_is_refused(self, api: APIClient, signed_in: dict[str, Any]) -> None:
        token = refresh(api, signed_in["refresh_token"]).json()["refresh_token"]
        self.begin(days=30, seconds=1)
        answer = refresh(api, token)
        assert (answer.status_code, answer.json()["error_code"]) == (401, "invalid_refresh_token")
        assert not Event.objects.filter(name="session.revoked").exists()

    def test_another_sign_in_begins_anew(self, api: APIClient, member: User, signed_in: dict[str, Any]) -> None:
        self.begin(days=31)
        again = api.post(LOGIN, {"email": member.email, "password": PASSWORD}).json()
        assert refresh(api, again["refresh_token"]).status_code == 200

    def test_one_shorter_than_a_token_counts_from_the_first(self, api: APIClient, member: User, settings: Any) -> None:
        settings.ENV = settings.ENV.model_copy(update={"refresh_family_days": 1})
        assert api.post(LOGIN, {"email": member.email, "password": PASSWORD}).status_code == 200
        left = RefreshToken.objects.get().expires_at - timezone.now()
        assert timedelta(hours=23) < left <= timedelta(days=1)


def test_it_is_stored_as_a_hash(signed_in: dict[str, Any]) -> None:
    assert not RefreshToken.objects.filter(token_hash__contains=signed_in["refresh_token"][-20:]).exists()


def test_a_deactivated_user_is_refused(api: APIClient, member: User, signed_in: dict[str, Any]) -> None:
    User.objects.filter(pk=member.pk).update(is_active=False)
    assert refresh(api, signed_in["refresh_token"]).status_code == 401


def test_an_inactive_organization_is_refused(
    api: APIClient, organization: Organization, signed_in: dict[str, Any]
) -> None:
    with public_context():
        Organization.objects.filter(pk=organization.pk).update(is_active=False)
    answer = refresh(api, signed_in["refresh_token"])
    assert (answer.status_code, answer.json()["error_code"]) == (403, "organization_inactive")


def test_another_organizations_host_refuses_it(api: APIClient, signed_in: dict[str, Any]) -> None:
    api.defaults["SERVER_NAME"] = "rival.localhost"
    answer = refresh(api, signed_in["refresh_token"])
    assert (answer.status_code, answer.json()["error_code"]) == (401, "wrong_organization")
    api.defaults["SERVER_NAME"] = "acme.localhost"
    assert refresh(api, signed_in["refresh_token"]).status_code == 200


def test_too_many_are_429(api: APIClient, settings: Any) -> None:
    settings.ENV = settings.ENV.model_copy(update={"rate_limit_refresh": "2/minute"})
    assert [refresh(api, "x").status_code for _ in range(3)] == [401, 401, 429]


def test_parallel_tabs_all_get_a_pair_and_stay_signed_in(
    live_organization: Organization, in_threads: Callable[[list[Callable[[], Any]]], list[Any]]
) -> None:
    email = "tabs@acme.example"
    with tenant_context(live_organization):
        make_user(email, "operator", password=PASSWORD)

    def post(url: str, body: dict[str, str]) -> Any:
        return Client(SERVER_NAME="localhost", REMOTE_ADDR="192.0.2.7").post(url, body, content_type="application/json")

    token = post(LOGIN, {"email": email, "password": PASSWORD}).json()["refresh_token"]
    answers = in_threads([lambda: post(URL, {"refresh_token": token})] * 8)
    assert Counter(answer.status_code for answer in answers) == {200: 8}
    assert len({answer.json()["refresh_token"] for answer in answers}) == 8
