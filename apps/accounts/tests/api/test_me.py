"""GET /api/v1/auth/me, and with it every way to be known or not."""

from __future__ import annotations

import base64
import json
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import jwt
import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa
from django.conf import settings as django_settings
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone
from rest_framework.test import APIClient

from apps.accounts.models import Role, Session, User
from apps.accounts.services.api_keys import api_key_create
from apps.accounts.tokens import ALGORITHM, AUDIENCE, ISSUER, TYPE, access_token
from apps.common.actor import Actor
from apps.tenants.context import public_context
from apps.tenants.models import Organization
from conftest import bearer

URL = "/api/v1/auth/me"
Clients = Callable[[User | None], APIClient]


def ask(api: APIClient, token: str) -> Any:
    return api.get(URL, HTTP_AUTHORIZATION=f"Bearer {token}")


def test_it_works(client_of: Clients, teammate: User, organization: Organization) -> None:
    answer = client_of(teammate).get(URL)
    assert answer.status_code == 200
    user = answer.json()["user"]
    assert set(user) >= {
        "id", "email", "name", "role", "permissions", "is_active", "organization_id", "organization", "auth_source",
        "last_login_at", "created_at",
    }  # fmt: skip
    assert (user["email"], user["role"], user["auth_source"]) == (teammate.email, "operator", "local")
    assert "robot.run" in user["permissions"]
    assert "admin.manage" not in user["permissions"]
    assert user["organization"] == {"id": str(organization.pk), "name": "Acme", "slug": "acme"}


def test_a_trailing_slash_means_nothing(client_of: Clients, teammate: User) -> None:
    assert client_of(teammate).get(f"{URL}/").status_code == 200


def test_knowing_who_asks_takes_one_query(client_of: Clients, teammate: User) -> None:
    client = client_of(teammate)
    client.get(URL)  # the organization is in the process's cache from now on
    with CaptureQueriesContext(
        connection,
    ) as queries:
        assert client.get(URL).status_code == 200
    assert len(queries) == 1


def test_nobody_is_401(client_of: Clients) -> None:
    answer = client_of(None).get(URL)
    assert (answer.status_code, answer.json()["error_code"]) == (401, "unauthorized")
    assert answer["WWW-Authenticate"].startswith("Bearer")


@pytest.mark.parametrize(
    "header", ["Bearer", "Bearer ", "Basic YTpi", "bearer x", "Bearer a.b.c", f"Bearer {'x' * 9000}"]
)
def test_bad_headers_are_401(api: APIClient, header: str) -> None:
    answer = api.get(URL, HTTP_AUTHORIZATION=header)
    assert (answer.status_code, answer.json()["error_code"]) == (401, "invalid_credentials")


def test_another_organizations_host_is_401(client_of: Clients, teammate: User, foreigner: User) -> None:
    for user, host in ((teammate, "rival.localhost"), (foreigner, "acme.localhost")):
        answer = client_of(user).get(URL, SERVER_NAME=host)
        assert (answer.status_code, answer.json()["error_code"]) == (401, "wrong_organization")


def test_an_organization_that_this_process_has_not_heard_of_yet_is_found(
    client_of: Clients, teammate: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("apps.accounts.tenancy.organization_by_id", lambda _id: None)
    assert client_of(teammate).get(URL).status_code == 200


def test_the_own_host_works(client_of: Clients, teammate: User, foreigner: User) -> None:
    assert client_of(teammate).get(URL, SERVER_NAME="acme.localhost").status_code == 200
    assert client_of(foreigner).get(URL, SERVER_NAME="rival.localhost").status_code == 200


class TestSwitchedOff:
    """What was switched off is refused by the next request, not when the token expires."""

    def test_the_session(self, client_of: Clients, teammate: User) -> None:
        client = client_of(teammate)
        Session.objects.update(revoked_at=timezone.now())
        assert client.get(URL).status_code == 401

    def test_the_user(self, client_of: Clients, teammate: User) -> None:
        client = client_of(teammate)
        User.objects.filter(pk=teammate.pk).update(is_active=False)
        assert client.get(URL).status_code == 401

    @pytest.mark.parametrize("host", ["localhost", "acme.localhost"])
    def test_the_organization(self, client_of: Clients, teammate: User, organization: Organization, host: str) -> None:
        client = client_of(teammate)
        assert client.get(URL, SERVER_NAME=host).status_code == 200
        with public_context():
            Organization.objects.filter(pk=organization.pk).update(is_active=False)
        answer = client.get(URL, SERVER_NAME=host)
        assert (answer.status_code, answer.json()["error_code"]) == (403, "organization_inactive")

    def test_a_changed_role_counts_at_once(self, client_of: Clients, teammate: User) -> None:
        client = client_of(teammate)
        User.objects.filter(pk=teammate.pk).update(role=Role.objects.get(slug="viewer"))
        assert client.get(URL).json()["user"]["role"] == "viewer"


class TestForgery:
    @pytest.fixture
    def key(self) -> tuple[str, bytes]:
        kid, _colon, key = django_settings.ENV.jwt_keys.partition(",")[0].partition(":")
        return kid, base64.b64decode(key)

    @pytest.fixture
    def claims(self, teammate: User, organization: Organization) -> dict[str, Any]:
        token = bearer(teammate, organization)
        return dict(jwt.decode(token, options={"verify_signature": False}))

    @staticmethod
    def signed(claims: dict[str, Any], key: bytes, kid: str, *, typ: str = TYPE, algorithm: str = ALGORITHM) -> str:
        return jwt.encode(claims, key, algorithm=algorithm, headers={"kid": kid, "typ": typ})

    def test_the_same_claims_signed_right_pass(
        self, api: APIClient, claims: dict[str, Any], key: tuple[str, bytes]
    ) -> None:
        assert ask(api, self.signed(claims, key[1], key[0])).status_code == 200

    @pytest.mark.parametrize(
        "change",
        [
            {"exp": 1}, {"aud": "other"}, {"iss": "other"}, {"iat": 9_999_999_999}, {"sub": "x"}, {"sid": 7},
            {"org": "x"}, {"exp": "soon"}, {"aud": [AUDIENCE, "x"], "iss": [ISSUER]},
        ],
    )  # fmt: skip
    def test_wrong_claims(
        self, api: APIClient, claims: dict[str, Any], key: tuple[str, bytes], change: dict[str, Any]
    ) -> None:
        header = base64.urlsafe_b64encode(json.dumps({"alg": "HS256", "kid": key[0], "typ": TYPE}).encode())
        body = base64.urlsafe_b64encode(json.dumps(claims | change).encode())
        signing = header.rstrip(b"=") + b"." + body.rstrip(b"=")
        signature = jwt.get_algorithm_by_name("HS256").sign(signing, key[1])
        token = (signing + b"." + base64.urlsafe_b64encode(signature).rstrip(b"=")).decode()
        assert ask(api, token).status_code == 401

    @pytest.mark.parametrize("missing", ["sub", "org", "aud", "iss", "iat", "exp", "jti", "sid", "role"])
    def test_missing_claims(self, api: APIClient, claims: dict[str, Any], key: tuple[str, bytes], missing: str) -> None:
        del claims[missing]
        assert ask(api, self.signed(claims, key[1], key[0])).status_code == 401

    def test_other_keys_types_and_algorithms(
        self, api: APIClient, claims: dict[str, Any], key: tuple[str, bytes]
    ) -> None:
        kid, secret = key
        for token in (
            self.signed(claims, b"x" * 48, kid),
            self.signed(claims, secret, "other"),
            self.signed(claims, secret, kid, typ="JWT"),
            self.signed(claims, secret, kid, algorithm="HS384"),
            jwt.encode(claims, "", algorithm="none", headers={"kid": kid, "typ": TYPE}),
        ):
            assert ask(api, token).status_code == 401

    def test_a_public_key_algorithm(self, api: APIClient, claims: dict[str, Any], key: tuple[str, bytes]) -> None:
        private = rsa.generate_private_key(public_exponent=65537, key_size=2048).private_bytes(
            serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
        )
        assert ask(api, self.signed(claims, private, key[0], algorithm="RS256")).status_code == 401

    @pytest.mark.parametrize("kid", [None, ["a"], {"a": 1}, "../../etc/passwd"])
    def test_strange_key_names(self, api: APIClient, claims: dict[str, Any], kid: Any) -> None:
        header = base64.urlsafe_b64encode(json.dumps({"alg": "HS256", "kid": kid, "typ": TYPE}).encode()).decode()
        rest = jwt.encode(claims, "x" * 48, algorithm="HS256").split(".", 1)[1]
        assert ask(api, f"{header.rstrip('=')}.{rest}").status_code == 401

    def test_somebody_elses_session(
        self, api: APIClient, teammate: User, owner: User, organization: Organization, claims: dict[str, Any]
    ) -> None:
        token = access_token(user=owner, organization_id=organization.pk, session_id=claims["sid"], now=timezone.now())
        assert ask(api, token).status_code == 401

    def test_old_keys_go_on_verifying_while_they_are_named(
        self, api: APIClient, teammate: User, organization: Organization, settings: Any
    ) -> None:
        old = bearer(teammate, organization)
        fresh = f"next:{base64.b64encode(b'n' * 48).decode()}"
        both = f"{fresh},{settings.ENV.jwt_keys}"
        settings.ENV = settings.ENV.model_copy(update={"jwt_keys": both})
        new = bearer(teammate, organization)
        assert jwt.get_unverified_header(new)["kid"] == "next"
        assert [ask(api, token).status_code for token in (old, new)] == [200, 200]
        settings.ENV = settings.ENV.model_copy(update={"jwt_keys": fresh})
        assert [ask(api, token).status_code for token in (old, new)] == [401, 200]


class TestApiKey:
    @pytest.fixture
    def made(self, teammate: User, actor: Callable[[User], Actor]) -> tuple[Any, str]:
        now = timezone.now()
        return api_key_create(actor=actor(teammate), name="ci", permissions=["robot.read", "robot.run"], now=now)

    def test_it_works_in_one_query_on_either_host(self, api: APIClient, made: tuple[Any, str]) -> None:
        for host in ("localhost", "acme.localhost"):
            assert api.get(URL, HTTP_X_API_KEY=made[1], SERVER_NAME=host).status_code == 200
        with CaptureQueriesContext(connection) as queries:
            assert api.get(URL, HTTP_X_API_KEY=made[1]).status_code == 200
        assert len(queries) == 1

    def test_another_organizations_host_is_401(self, api: APIClient, made: tuple[Any, str]) -> None:
        answer = api.get(URL, HTTP_X_API_KEY=made[1], SERVER_NAME="rival.localhost")
        assert (answer.status_code, answer.json()["error_code"]) == (401, "wrong_organization")

    @pytest.mark.parametrize("change", ["x", ".", "ofi_platform_abc.def", "ofi_000000000000_abc.def", "ofi__."])
    def test_nonsense_is_401(self, api: APIClient, change: str) -> None:
        assert api.get(URL, HTTP_X_API_KEY=change).status_code == 401

    def test_a_wrong_secret_is_401(self, api: APIClient, made: tuple[Any, str]) -> None:
        prefix = made[1].partition(".")[0]
        for secret in ("", "x", made[1].partition(".")[2][:-1]):
            assert api.get(URL, HTTP_X_API_KEY=f"{prefix}.{secret}").status_code == 401

    def test_its_use_is_noted_once_a_minute(self, api: APIClient, made: tuple[Any, str]) -> None:
        key = made[0]
        api.get(URL, HTTP_X_API_KEY=made[1])
        key.refresh_from_db()
        first = key.last_used_at
        assert first is not None
        api.get(URL, HTTP_X_API_KEY=made[1])
        key.refresh_from_db()
        assert key.last_used_at == first
        type(key).objects.update(last_used_at=first - timedelta(seconds=61))
        api.get(URL, HTTP_X_API_KEY=made[1])
        key.refresh_from_db()
        assert key.last_used_at > first

    def test_expired_revoked_or_of_a_deactivated_maker_is_401(
        self, api: APIClient, made: tuple[Any, str], teammate: User
    ) -> None:
        keys, past = type(made[0]).objects, timezone.now() - timedelta(seconds=1)
        for change in ({"expires_at": past}, {"expires_at": None, "revoked_at": past}):
            keys.update(**change)
            assert api.get(URL, HTTP_X_API_KEY=made[1]).status_code == 401
        keys.update(revoked_at=None)
        assert api.get(URL, HTTP_X_API_KEY=made[1]).status_code == 200
        User.objects.filter(pk=teammate.pk).update(is_active=False)
        assert api.get(URL, HTTP_X_API_KEY=made[1]).status_code == 401
