"""Tokens of the organization's own issuer as bearers, with every fault they can have."""

from __future__ import annotations

import base64
import json
import threading
import time
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import jwt
import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa
from django.utils import timezone
from rest_framework.test import APIClient

from apps.accounts.authentication.sockets import _authenticate, _headers
from apps.accounts.errors import InvalidCredentials
from apps.accounts.models import OidcIdentity, OidcSettings, Role, Session, User
from apps.accounts.selectors.oidc import oidc_settings_forget
from apps.accounts.services.directory import directory_organizations
from apps.accounts.services.grants import grant_add
from apps.accounts.services.oidc_settings import oidc_settings_delete, oidc_settings_save
from apps.accounts.services.users import user_update
from apps.accounts.tests.conftest import Device
from apps.common.actor import Actor
from apps.common.redis import redis_client
from apps.common.turns import Turns, only_one
from apps.events.models import Event
from apps.robots.tests.factories import robot_made
from apps.tenants.context import public_context, tenant_context
from apps.tenants.models import Organization
from apps.tenants.selectors import hosts_forget
from conftest import bearer, make_user
from tests.issuer import AUDIENCE, KEYS, Issuer, issuer_running, key_of

URL = "/api/v1/auth/me"
Trust = Callable[..., OidcSettings]


def ask(token: str, *, host: str = "acme.localhost", url: str = URL, named: str | None = None) -> Any:
    client = APIClient(SERVER_NAME=host)
    beside = {} if named is None else {"HTTP_X_ORGANIZATION": named}
    client.credentials(HTTP_AUTHORIZATION=f"Bearer {token}", **beside)
    return client.get(url)


def refused(token: str, *, code: str = "invalid_credentials", status: int = 401) -> bool:
    answer = ask(token)
    assert (answer.status_code, answer.json()["error_code"]) == (status, code), answer.content
    return True


def test_it_works(issuer: Issuer, trusted: Trust, organization: Organization) -> None:
    trusted(role_mapping={"ops": "operator"})
    token = issuer.token(name="A Person", roles=["ops", "other"])
    user = ask(token).json()["user"]
    assert (user["email"], user["name"], user["role"], user["auth_source"]) == (
        "person@acme.example", "A Person", "operator", "oidc",
    )  # fmt: skip
    assert [each.pk for each in directory_organizations(email="person@acme.example")] == [organization.pk]
    assert ask(token).json()["user"]["id"] == user["id"]
    assert (User.objects.count(), Session.objects.count()) == (1, 1)
    names = list(Event.objects.order_by("id").values_list("name", flat=True))
    assert names == ["oidc.changed", "user.created", "user.identified", "session.started"]
    assert not User.objects.get().has_usable_password()


def test_elliptic_curves(issuer: Issuer, trusted: Trust) -> None:
    issuer.rotate("curve", algorithm="ES256")
    trusted()
    assert ask(issuer.token()).status_code == 200


def test_keys_rotate(issuer: Issuer, trusted: Trust) -> None:
    trusted()
    old = issuer.token()
    assert ask(old).status_code == 200
    asked = issuer.asked[KEYS]
    issuer.rotate("second")
    assert ask(issuer.token(sub="person-2", email="second@acme.example")).status_code == 200
    assert issuer.asked[KEYS] == asked + 1
    assert refused(old)  # its key is published no more
    stolen = issuer.signed(key_of(1), "RS256", headers={"kid": "second"})
    assert refused(stolen)


def test_made_up_keys_are_looked_for_now_and_then(issuer: Issuer, trusted: Trust) -> None:
    trusted()
    asked = issuer.asked[KEYS]
    for number in range(10):
        assert refused(issuer.signed(key_of(2), "RS256", headers={"kid": f"made-up-{number}"}))
    assert issuer.asked[KEYS] == asked + 2  # RATE_LIMIT_OIDC_KEYS
    assert ask(issuer.token()).status_code == 200


def test_an_issuer_that_hangs_is_left_alone_for_a_while(
    issuer: Issuer, trusted: Trust, monkeypatch: pytest.MonkeyPatch
) -> None:
    trusted()
    asked, over = issuer.asked[KEYS], threading.Event()

    def hang() -> tuple[int, dict[str, str], bytes]:
        over.wait(30)
        return 500, {}, b""

    issuer.broken[KEYS] = hang
    monkeypatch.setattr("apps.accounts.services.oidc_keys.LOOK_SECONDS", 0.3)
    began = time.monotonic()
    for number in range(5):
        assert refused(issuer.signed(key_of(2), "RS256", headers={"kid": f"made-up-{number}"}))
    assert time.monotonic() - began < 5
    assert issuer.asked[KEYS] == asked + 1
    assert ask(issuer.token()).status_code == 200
    over.set()


def test_names_that_could_not_be_looked_up_are_no_failure_of_the_issuer(
    issuer: Issuer, trusted: Trust, settings: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings.ENV = settings.ENV.model_copy(update={"oidc_allowed_hosts": ("localhost",)})
    issuer.url = issuer.url.replace("127.0.0.1", "localhost")
    trusted()
    asked = issuer.asked[KEYS]
    made_up = issuer.signed(key_of(2), "RS256", headers={"kid": "made-up"})
    with monkeypatch.context() as patched:
        patched.setattr("apps.common.resolution._turns", Turns(0, lasting=8))
        patched.setattr("apps.accounts.services.oidc_keys.LOOK_SECONDS", 0.05)
        assert refused(made_up)
    assert issuer.asked[KEYS] == asked
    issuer.rotate("second")
    assert ask(issuer.token()).status_code == 200


def test_nobody_waits_for_somebody_else_s_look(issuer: Issuer, trusted: Trust, organization: Organization) -> None:
    trusted()
    asked = issuer.asked[KEYS]
    made_up = issuer.signed(key_of(2), "RS256", headers={"kid": "made-up"})
    key = f"oficina:turns:{organization.schema_name}:oidc-keys"
    with redis_client().lock(key, timeout=30):  # another process
        assert refused(made_up)
    with only_one("oidc-keys", seconds=30):  # another thread
        assert refused(made_up)
    assert issuer.asked[KEYS] == asked
    assert refused(made_up)
    assert issuer.asked[KEYS] == asked + 1


def test_an_issuer_that_was_taken_away_meanwhile_is_not_asked(issuer: Issuer, trusted: Trust) -> None:
    trusted()
    assert ask(issuer.token()).status_code == 200
    asked = issuer.asked[KEYS]
    OidcSettings.objects.all().delete()  # this process still remembers them
    assert refused(issuer.signed(key_of(2), "RS256", headers={"kid": "made-up"}))
    assert issuer.asked[KEYS] == asked


def test_keys_are_looked_at_each_hour_and_outlive_an_issuer_for_a_day(issuer: Issuer, trusted: Trust) -> None:
    trusted()
    asked = issuer.asked[KEYS]
    OidcSettings.objects.update(keys_fetched_at=timezone.now() - timedelta(hours=2))
    oidc_settings_forget()
    assert ask(issuer.token()).status_code == 200
    assert issuer.asked[KEYS] == asked + 1
    issuer.broken[KEYS] = (500, {}, b"")
    OidcSettings.objects.update(keys_fetched_at=timezone.now() - timedelta(hours=23))
    oidc_settings_forget()
    assert ask(issuer.token()).status_code == 200
    OidcSettings.objects.update(keys_fetched_at=timezone.now() - timedelta(hours=25))
    oidc_settings_forget()
    answer = ask(issuer.token())
    assert (answer.status_code, answer.json()["error_code"]) == (503, "oidc_issuer_away")


def test_another_audience(issuer: Issuer, trusted: Trust) -> None:
    trusted()
    for audience in ("someone-else", ["a", "b"], "", None, f"{AUDIENCE}/"):
        assert refused(issuer.token(aud=audience))
    assert ask(issuer.token(aud=["another", AUDIENCE])).status_code == 200


def test_another_issuer(issuer: Issuer, trusted: Trust) -> None:
    trusted()
    for other in ("https://elsewhere.example", f"{issuer.url}/", "", None):
        assert refused(issuer.signed(key_of(1), "RS256", headers={"kid": "first"}, iss=other))


def test_the_issuer_of_another_organization(
    issuer: Issuer, trusted: Trust, organization: Organization, other_organization: Organization, settings: Any
) -> None:
    trusted()
    with issuer_running() as other:
        allowed = (*settings.ENV.oidc_allowed_hosts, "127.0.0.1")
        settings.ENV = settings.ENV.model_copy(update={"oidc_allowed_hosts": allowed})
        assert refused(other.token())
        assert ask(issuer.token(), host="rival.localhost").status_code == 401
        assert not other.asked
    assert not User.objects.exists()
    with tenant_context(other_organization):
        assert not User.objects.exists()


@pytest.mark.parametrize(
    ("claims", "status"),
    [
        ({"exp": -59}, 200),
        ({"exp": -62}, 401),
        ({"nbf": 58}, 200),
        ({"nbf": 120}, 401),
        ({"iat": 58}, 200),
        ({"iat": 120}, 401),
    ],
)
def test_clocks_may_differ_by_a_minute(issuer: Issuer, trusted: Trust, claims: dict[str, int], status: int) -> None:
    trusted()
    now = int(time.time())
    moved: dict[str, Any] = {name: now + seconds for name, seconds in claims.items()}
    token = issuer.token(**moved)
    assert ask(token).status_code == status


@pytest.mark.parametrize("missing", ["iss", "sub", "aud", "exp", "iat"])
def test_claims_that_are_needed(issuer: Issuer, trusted: Trust, missing: str) -> None:
    trusted()
    assert refused(issuer.token(**{missing: None}))


@pytest.mark.parametrize(
    "claims",
    [
        {"sub": ""}, {"sub": "x" * 256}, {"sub": "a\x00b"}, {"sub": 5}, {"exp": "soon"}, {"exp": []}, {"iat": "x"},
        {"exp": float("inf")}, {"padding": "x" * 20_000},
    ],
)  # fmt: skip
def test_claims_that_make_no_sense(issuer: Issuer, trusted: Trust, claims: dict[str, Any]) -> None:
    trusted()
    assert refused(issuer.token(**claims))


def test_a_token_that_lives_for_ever_does_so_no_longer_than_a_session(issuer: Issuer, trusted: Trust) -> None:
    trusted()
    assert ask(issuer.token(exp=10**15)).status_code == 200
    assert Session.objects.get().expires_at < timezone.now() + timedelta(days=8)


def _part(told: Any) -> str:
    return base64.urlsafe_b64encode(json.dumps(told).encode()).rstrip(b"=").decode()


@pytest.mark.parametrize("algorithm", ["none", "None", "NONE", "nOnE", "", None, 5, ["RS256"]])
def test_nobody_signed_it(issuer: Issuer, trusted: Trust, algorithm: Any) -> None:
    trusted()
    payload = issuer.token().split(".")[1]
    for signature in ("", issuer.token().split(".")[2]):
        header = _part({"alg": algorithm, "kid": "first", "typ": "JWT"})
        assert refused(f"{header}.{payload}.{signature}")


def test_a_public_key_is_no_shared_secret(issuer: Issuer, trusted: Trust) -> None:
    trusted()
    public = (
        key_of(1).public_key().public_bytes(serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo)
    )
    now = int(time.time())
    claims = {"iss": issuer.url, "aud": AUDIENCE, "sub": "person-1", "iat": now, "exp": now + 60}
    signing = f"{_part({'alg': 'HS256', 'kid': 'first', 'typ': 'JWT'})}.{_part(claims)}"
    signature = jwt.get_algorithm_by_name("HS256").sign(signing.encode(), public)
    assert refused(f"{signing}.{base64.urlsafe_b64encode(signature).rstrip(b'=').decode()}")


def test_an_algorithm_that_is_not_the_key_s(issuer: Issuer, trusted: Trust) -> None:
    trusted()
    assert refused(issuer.signed(key_of(1), "RS512", headers={"kid": "first"}))
    assert refused(issuer.signed(key_of(3, "ES256"), "ES256", headers={"kid": "first"}))


def test_headers_that_bring_their_own_key(issuer: Issuer, trusted: Trust) -> None:
    trusted()
    asked = issuer.asked.copy()
    own = json.loads(jwt.get_algorithm_by_name("RS256").to_jwk(key_of(2).public_key()))
    for headers in ({"jwk": own}, {"jku": f"{issuer.url}/mine"}, {"x5u": f"{issuer.url}/mine"}):
        assert refused(issuer.signed(key_of(2), "RS256", headers={"kid": "first", **headers}))
    assert refused(issuer.token(headers={"crit": ["exp"]}))
    assert issuer.asked == asked


def test_keys_that_are_not_for_signing_or_too_short(issuer: Issuer, trusted: Trust) -> None:
    short = rsa.generate_private_key(public_exponent=65537, key_size=1024)
    named = json.loads(jwt.get_algorithm_by_name("RS256").to_jwk(short.public_key()))
    other = json.loads(jwt.get_algorithm_by_name("RS256").to_jwk(key_of(2).public_key()))
    keys = [named | {"kid": "short"}, other | {"kid": "other", "use": "enc"}]
    issuer.broken[KEYS] = (200, {}, json.dumps({"keys": keys}).encode())
    trusted()
    assert refused(issuer.signed(short, "RS256", headers={"kid": "short"}))
    assert refused(issuer.signed(key_of(2), "RS256", headers={"kid": "other"}))


def test_a_token_without_a_key_s_name_where_there_is_one_key(issuer: Issuer, trusted: Trust) -> None:
    trusted()
    assert ask(issuer.signed(key_of(1), "RS256", headers={})).status_code == 200


@pytest.mark.parametrize("token", ["x", "a.b.c", "....", "e30.e30.e30", "\N{SNOWMAN}", "x" * 17_000])
def test_what_is_no_token(issuer: Issuer, trusted: Trust, token: str) -> None:
    trusted()
    assert ask(token).status_code == 401


def test_the_role_follows_the_claim_at_each_sign_in(issuer: Issuer, trusted: Trust, owner: User) -> None:
    trusted(role_mapping={"ops": "operator", "boss": "org_admin", "agents": "agent"}, default_role="viewer")
    for number, (roles, role) in enumerate(
        [(["ops"], "operator"), ("boss", "org_admin"), (["agents", "ops"], "operator"), ([], "viewer"), ([5], "viewer")]
    ):
        answer = ask(issuer.token(roles=roles, jti=str(number)))
        assert answer.json()["user"]["role"] == role, roles
    assert User.objects.get(email="person@acme.example").role.slug == "viewer"
    changes = [event for event in Event.objects.filter(name="user.updated") if event.data["changed"] == ["role"]]
    assert len(changes) == 3


def test_roles_deeper_in_the_token(issuer: Issuer, trusted: Trust) -> None:
    trusted(role_claim="realm_access.roles", role_mapping={"ops": "operator"})
    assert ask(issuer.token(realm_access={"roles": ["ops"]})).json()["user"]["role"] == "operator"
    assert ask(issuer.token(realm_access=["ops"])).json()["user"]["role"] == "viewer"


def test_no_claim_makes_anybody_of_the_platform(issuer: Issuer, trusted: Trust) -> None:
    row = trusted()
    OidcSettings.objects.filter(pk=row.pk).update(role_mapping={"x": "super_admin"})  # as if it had got there
    oidc_settings_forget()
    assert ask(issuer.token(roles=["x", "super_admin"])).json()["user"]["role"] == "viewer"


def test_a_role_that_is_gone_gives_nothing(issuer: Issuer, trusted: Trust) -> None:
    row = trusted()
    OidcSettings.objects.filter(pk=row.pk).update(role_mapping={"x": "gone"}, default_role="gone-too")
    oidc_settings_forget()
    assert refused(issuer.token(roles=["x"]))
    assert not User.objects.exists()


def test_the_last_administrator_stays_one(issuer: Issuer, trusted: Trust) -> None:
    trusted(role_mapping={"boss": "org_admin"})
    assert ask(issuer.token(roles=["boss"])).json()["user"]["role"] == "org_admin"
    assert ask(issuer.token(roles=[])).json()["user"]["role"] == "org_admin"


def test_domains(issuer: Issuer, trusted: Trust) -> None:
    trusted(allowed_domains=["acme.example"])
    assert ask(issuer.token(email="PERSON@ACME.example")).status_code == 200
    for email in (
        "x@rival.example",
        "x@sub.acme.example",
        "x@acme.example.evil.example",
        '"x@acme.example"@rival.example',
    ):
        assert refused(issuer.token(sub=email, email=email), code="oidc_domain_refused", status=403)
    assert refused(issuer.token(email="person@rival.example"), code="oidc_domain_refused", status=403)
    assert User.objects.count() == 1


def test_microsoft(issuer: Issuer, trusted: Trust, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("apps.accounts.oidc.discovery._MICROSOFT", frozenset({"127.0.0.1"}))
    trusted()
    claims: dict[str, Any] = {"email": None, "email_verified": None, "preferred_username": "Person@acme.example"}
    user = ask(issuer.token(**claims)).json()["user"]
    assert (user["email"], user["auth_source"]) == ("person@acme.example", "azure_ad")


def test_an_address_is_needed_once(issuer: Issuer, trusted: Trust) -> None:
    trusted(allowed_domains=["acme.example"])
    for claims in ({"email": None}, {"email": "nonsense"}, {"email_verified": False}, {"email": ["x@acme.example"]}):
        assert refused(issuer.token(**claims), code="oidc_email_required")
    assert ask(issuer.token()).status_code == 200
    assert ask(issuer.token(email=None, email_verified=None)).status_code == 200


def test_an_issuer_for_everybody_must_have_verified_the_address(
    issuer: Issuer, trusted: Trust, monkeypatch: pytest.MonkeyPatch
) -> None:
    """There, anybody at all may call themselves anything."""
    monkeypatch.setattr("apps.accounts.oidc.discovery._FOR_EVERYBODY", frozenset({issuer.url}))
    trusted(allowed_domains=["acme.example"])
    for claims in (
        {"email_verified": None},
        {"email_verified": False},
        {"email_verified": "no"},
        {"xms_edov": True, "email_verified": None},  # Microsoft's word, and this is not Microsoft
        {"email": None, "preferred_username": "person@acme.example"},
        {"email": "other@acme.example", "preferred_username": "person@acme.example", "email_verified": None},
    ):
        assert refused(issuer.token(**claims), code="oidc_email_required"), claims
    assert not User.objects.exists()
    first = ask(issuer.token()).json()["user"]
    # Who is known needs no address any more, and one nobody vouches for changes nothing.
    assert ask(issuer.token(email=None, email_verified=None)).json()["user"]["id"] == first["id"]
    assert ask(issuer.token(email_verified=None, jti="x")).json()["user"]["id"] == first["id"]


def test_microsoft_s_word_for_a_verified_address(
    issuer: Issuer, trusted: Trust, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("apps.accounts.oidc.discovery._MICROSOFT", frozenset({"127.0.0.1"}))
    monkeypatch.setattr("apps.accounts.oidc.discovery._FOR_EVERYBODY", frozenset({issuer.url}))
    trusted(allowed_domains=["acme.example"])
    for claims in ({"xms_edov": None}, {"xms_edov": False}, {"xms_edov": "0"}):
        assert refused(issuer.token(email_verified=None, **claims), code="oidc_email_required"), claims
    answer = ask(issuer.token(email_verified=None, xms_edov="1"))
    assert answer.json()["user"]["auth_source"] == "azure_ad"


def test_who_was_switched_off(issuer: Issuer, trusted: Trust, owner: User, organization: Organization) -> None:
    trusted()
    token = issuer.token()
    ask(token)
    actor = Actor.system("tests", schema=organization.schema_name)
    user = User.objects.get(email="person@acme.example")
    user_update(actor=actor, user=user, changes={"is_active": False}, now=timezone.now())
    assert refused(token)
    assert refused(issuer.token(jti="another"))
    assert refused(issuer.token(sub="another", jti="a third"))  # the same address under another name
    assert not Session.objects.filter(revoked_at=None).exists()


def test_an_account_that_was_here_is_taken_over_by_a_verified_address(issuer: Issuer, trusted: Trust) -> None:
    user = make_user("person@acme.example", "viewer", password="Correct-horse-7")
    trusted()
    answer = ask(issuer.token())
    assert answer.json()["user"]["id"] == str(user.pk)
    user.refresh_from_db()
    assert (user.auth_source, OidcIdentity.objects.get().user_id) == ("oidc", user.pk)


@pytest.mark.parametrize(
    "claims", [{"email_verified": None}, {"email": None, "preferred_username": "person@acme.example"}]
)
def test_an_account_that_was_here_and_an_address_nobody_vouches_for(
    issuer: Issuer, trusted: Trust, claims: dict[str, Any]
) -> None:
    user = make_user("person@acme.example", "viewer")
    trusted()
    assert refused(issuer.token(**claims), code="oidc_account_exists")
    user.refresh_from_db()
    assert user.auth_source == "local"


def test_an_address_that_only_looks_like_one_is_another(issuer: Issuer, trusted: Trust) -> None:
    """The sign of kelvin becomes a k in small letters: its mailbox is somebody else's."""
    trusted()
    make_user("erika@acme.example", "viewer")
    assert refused(issuer.token(email="eri\u212aa@acme.example"), code="oidc_email_required")
    assert not OidcIdentity.objects.exists()


def test_an_account_that_may_more_is_not_taken_over(issuer: Issuer, trusted: Trust, owner: User) -> None:
    trusted(role_mapping={"boss": "org_admin"})
    assert refused(issuer.token(email=owner.email), code="oidc_account_exists")
    assert ask(issuer.token(email=owner.email, roles=["boss"])).json()["user"]["id"] == str(owner.pk)


def test_an_account_that_grants_give_more_is_not_taken_over(
    issuer: Issuer, trusted: Trust, viewer: User, organization: Organization
) -> None:
    trusted()
    schema = organization.schema_name
    robot, system, now = robot_made(schema), Actor.system("tests", schema=schema), timezone.now()
    grant_add(actor=system, action="robot.run", holder=viewer, resource=robot, now=now)
    assert refused(issuer.token(email=viewer.email), code="oidc_account_exists")


def test_an_account_with_a_second_factor_is_not_taken_over(issuer: Issuer, trusted: Trust, device: Device) -> None:
    trusted(role_mapping={"boss": "org_admin"})
    assert refused(issuer.token(email=device.user.email, roles=["boss"]), code="oidc_account_exists")


def test_names_that_cannot_be_encoded(issuer: Issuer, trusted: Trust) -> None:
    """Read before anything is verified, to find the organization."""
    trusted()
    parts = ({"alg": "HS256"}, {"iss": "\ud800", "aud": "\ud800"}, "x")
    token = ".".join(base64.urlsafe_b64encode(json.dumps(part).encode()).decode().rstrip("=") for part in parts)
    assert ask(token, host="localhost").status_code == 401
    assert ask(token).status_code == 401


def test_an_address_that_changed_hands(issuer: Issuer, trusted: Trust) -> None:
    trusted()
    first = ask(issuer.token()).json()["user"]
    assert refused(issuer.token(sub="person-2"), code="oidc_account_exists")
    renamed = ask(issuer.token(email="renamed@acme.example")).json()["user"]
    assert (renamed["id"], renamed["email"]) == (first["id"], "person@acme.example")


def test_the_same_people_at_another_issuer(issuer: Issuer, trusted: Trust, settings: Any) -> None:
    trusted()
    first = ask(issuer.token()).json()["user"]["id"]
    with issuer_running() as other:
        allowed = (*settings.ENV.oidc_allowed_hosts, "127.0.0.1")
        settings.ENV = settings.ENV.model_copy(update={"oidc_allowed_hosts": allowed})
        trusted(issuer=other.url)
        assert refused(issuer.token(jti="late"))
        assert ask(other.token()).json()["user"]["id"] == first
    assert OidcIdentity.objects.get().issuer == other.url


def test_the_host_that_all_share(issuer: Issuer, trusted: Trust, organization: Organization) -> None:
    """A token of an issuer names no organization, so whoever hands it in does."""
    trusted()
    user = ask(issuer.token(aud=["another", AUDIENCE]), host="localhost", named="acme").json()["user"]
    assert user["organization_id"] == str(organization.pk)
    assert ask(issuer.token(), host="localhost", named=" ACME ").json()["user"]["id"] == user["id"]
    assert ask(issuer.token(), named="rival").json()["user"]["id"] == user["id"]  # its own host decides
    for token in (issuer.token(aud="another"), issuer.signed(key_of(2), "RS256", headers={"kid": "first"})):
        assert ask(token, host="localhost", named="acme").status_code == 401
    for named in (None, "", "rival", "nobody", "platform", "\N{SNOWMAN}", "x" * 500):
        assert ask(issuer.token(), host="localhost", named=named).status_code == 401, named


@pytest.mark.parametrize("first", ["acme", "rival"])
def test_another_organization_that_sets_up_the_same_issuer_shuts_nobody_out(
    issuer: Issuer, trusted: Trust, organization: Organization, other_organization: Organization, first: str
) -> None:
    """Nor does it receive anybody, whoever of both came first."""
    rival = Actor.system("tests", schema=other_organization.schema_name)
    if first == "acme":
        trusted()
    with tenant_context(other_organization):
        oidc_settings_save(actor=rival, changes={"issuer": issuer.url, "audience": AUDIENCE}, now=timezone.now())
    if first == "rival":
        assert ask(issuer.token(), host="localhost").status_code == 401
        trusted()
    for host, named in (("localhost", "acme"), ("acme.localhost", None)):
        user = ask(issuer.token(), host=host, named=named).json()["user"]
        assert user["organization_id"] == str(organization.pk)
    assert ask(issuer.token(), host="localhost").status_code == 401
    theirs = ask(issuer.token(), host="rival.localhost").json()["user"]
    assert theirs["organization_id"] == str(other_organization.pk)


def test_our_own_tokens_name_their_organization_themselves(owner: User, organization: Organization) -> None:
    answer = ask(bearer(owner, organization), host="localhost", named="rival")
    assert answer.json()["user"]["id"] == str(owner.pk)


def test_a_suspended_organization(issuer: Issuer, trusted: Trust, organization: Organization) -> None:
    trusted()
    with public_context():
        Organization.objects.filter(pk=organization.pk).update(is_active=False)
    hosts_forget()
    assert ask(issuer.token(), host="localhost", named="acme").status_code == 403


def test_a_socket(issuer: Issuer, trusted: Trust) -> None:
    trusted()
    forged = issuer.signed(key_of(2), "RS256", headers={"kid": "first"})
    for host, query, headers in (
        (b"acme.localhost", "", []),
        (b"localhost", "&organization=acme", []),
        (b"localhost", "", [(b"x-organization", b"acme")]),
    ):
        scope = {"type": "websocket", "headers": [(b"host", host), *headers], "client": ("127.0.0.1", 1)}
        named = scope | {"query_string": f"token={issuer.token()}{query}".encode()}
        assert _authenticate(named, _headers(named), timezone.now()).label == "person@acme.example"
        with pytest.raises(InvalidCredentials):
            _authenticate(scope | {"query_string": f"token={forged}{query}".encode()}, _headers(scope), timezone.now())
    unnamed = scope | {"headers": [(b"host", b"localhost")], "query_string": f"token={issuer.token()}".encode()}
    with pytest.raises(InvalidCredentials):
        _authenticate(unnamed, _headers(unnamed), timezone.now())


def test_ending_the_session_ends_the_token(issuer: Issuer, trusted: Trust) -> None:
    trusted()
    token = issuer.token()
    listed = ask(token, url="/api/v1/auth/sessions").json()["sessions"]
    assert [session["current"] for session in listed] == [True]
    client = APIClient(SERVER_NAME="acme.localhost")
    assert client.post("/api/v1/auth/logout", HTTP_AUTHORIZATION=f"Bearer {token}").status_code == 204
    assert refused(token)
    assert refused(f"{token}==")  # however it is spelled
    assert ask(issuer.token(jti="another")).status_code == 200


def test_taking_the_issuer_away(issuer: Issuer, trusted: Trust, organization: Organization) -> None:
    trusted()
    token = issuer.token()
    ask(token)
    oidc_settings_delete(actor=Actor.system("tests", schema=organization.schema_name), now=timezone.now())
    oidc_settings_forget()
    assert refused(token)
    assert Session.objects.get().revoked_reason == "issuer_changed"


def test_another_audience_ends_sessions(issuer: Issuer, trusted: Trust) -> None:
    trusted()
    token = issuer.token()
    ask(token)
    trusted(audience="another")
    assert refused(token)
    assert ask(issuer.token(aud="another")).status_code == 200


def test_a_ticket_for_a_socket(issuer: Issuer, trusted: Trust) -> None:
    trusted()
    client = APIClient(SERVER_NAME="acme.localhost")
    answer = client.post("/api/v1/ws/ticket", HTTP_AUTHORIZATION=f"Bearer {issuer.token()}")
    assert answer.status_code == 201


def test_a_role_of_the_organization_s_own(issuer: Issuer, trusted: Trust, stranger: User) -> None:
    assert Role.objects.filter(slug="nobody").exists()
    trusted(role_mapping={"guests": "nobody"})
    assert ask(issuer.token(roles=["guests"])).json()["user"]["role"] == "nobody"
