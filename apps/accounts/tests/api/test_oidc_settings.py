"""GET, PUT and DELETE /api/v1/tenants/current/oidc."""

from __future__ import annotations

import json
import socket
from collections.abc import Callable
from contextlib import ExitStack
from typing import Any

import pytest
from django.db import connection
from django.utils import timezone
from rest_framework.test import APIClient

from apps.accounts.models import OidcSettings, Role, User
from apps.accounts.oidc.seats import MOST_AT_ONCE, MOST_OF_EACH, _seats, own_turn, seat_taken
from apps.accounts.services.platform import platform_admin_create
from apps.events.models import Event
from apps.tenants.context import tenant_context
from apps.tenants.models import Organization
from apps.tenants.selectors import platform
from conftest import PASSWORD, bearer
from tests.issuer import AUDIENCE, CLIENT_ID, CLIENT_SECRET, DISCOVERY, KEYS, Issuer

Clients = Callable[[User | None], APIClient]
URL = "/api/v1/tenants/current/oidc"
DEFAULTS = {
    "client_id": "",
    "has_client_secret": False,
    "role_claim": "roles",
    "role_mapping": {},
    "default_role": "viewer",
    "allowed_domains": [],
    "local_sign_in": True,
}


@pytest.fixture
def client(client_of: Clients, owner: User) -> APIClient:
    return client_of(owner)


@pytest.fixture
def given(issuer: Issuer) -> dict[str, Any]:
    return {"issuer": issuer.url, "audience": AUDIENCE}


def test_it_works(client: APIClient, owner: User, given: dict[str, Any]) -> None:
    assert client.get(URL).json()["error_code"] == "oidc_not_configured"
    answer = client.put(URL, given)
    assert (answer.status_code, answer.json()) == (200, DEFAULTS | given)
    assert client.get(URL).json() == DEFAULTS | given
    changed = {
        "client_id": CLIENT_ID,
        "role_claim": "realm_access.roles",
        "role_mapping": {"hub-admins": "org_admin", "hub-ops": "operator"},
        "default_role": "agent",
        "allowed_domains": ["acme.example", "rival.example"],
        "local_sign_in": False,
    }
    answer = client.put(
        URL, changed | {"client_secret": CLIENT_SECRET, "allowed_domains": ["Rival.example ", "acme.example"]}
    )
    assert answer.json() == given | changed | {"has_client_secret": True}
    event = Event.objects.filter(name="oidc.changed").latest("id")
    assert event.data["changed"] == sorted([*changed, "client_secret"])
    assert event.actor_id == str(owner.pk)
    assert client.delete(URL).status_code == 204
    assert client.get(URL).status_code == 404
    assert Event.objects.filter(name="oidc.removed").count() == 1


def test_roles_may_be_spelled_as_the_documents_do(client: APIClient, given: dict[str, Any]) -> None:
    answer = client.put(URL, given | {"role_mapping": {"boss": "Admin"}, "default_role": "Operator"})
    assert (answer.json()["role_mapping"], answer.json()["default_role"]) == ({"boss": "org_admin"}, "operator")


def test_the_secret_is_sealed_and_never_shown(client: APIClient, given: dict[str, Any]) -> None:
    answer = client.put(URL, given | {"client_id": CLIENT_ID, "client_secret": CLIENT_SECRET})
    assert CLIENT_SECRET not in answer.content.decode() + client.get(URL).content.decode()
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT settings::text, client_secret FROM {OidcSettings._meta.db_table} settings")
        row, sealed = cursor.fetchone()
    assert CLIENT_SECRET not in row
    assert CLIENT_SECRET.encode() not in bytes(sealed)
    assert not [event for event in Event.objects.all() if CLIENT_SECRET in str(event.data)]


def test_an_empty_secret_takes_it_away(client: APIClient, given: dict[str, Any]) -> None:
    client.put(URL, given | {"client_secret": CLIENT_SECRET})
    assert client.put(URL, {"role_claim": "groups"}).json()["has_client_secret"] is True
    assert client.put(URL, {"client_secret": ""}).json()["has_client_secret"] is False


def test_a_secret_is_not_told_to_another_issuer(client: APIClient, given: dict[str, Any], issuer: Issuer) -> None:
    client.put(URL, given | {"client_secret": CLIENT_SECRET})
    issuer.url += "/"
    assert client.put(URL, {"issuer": issuer.url}).json()["has_client_secret"] is False


def test_changing_nothing_records_nothing(client: APIClient, given: dict[str, Any]) -> None:
    client.put(URL, given)
    tag = client.get(URL).headers["ETag"]
    assert client.put(URL, given).headers["ETag"] == tag
    assert Event.objects.filter(name="oidc.changed").count() == 1


def test_what_is_needed_first(client: APIClient, given: dict[str, Any]) -> None:
    answer = client.put(URL, {"client_id": "x"})
    assert (answer.status_code, sorted(answer.json()["errors"])) == (422, ["audience", "issuer"])
    assert not OidcSettings.objects.exists()


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({"issuer": ""}, "issuer"),
        ({"client_secret": 5}, "client_secret"),
        ({"role_mapping": ["x"]}, "role_mapping"),
        ({"role_mapping": {"x": None}}, "role_mapping"),
        ({"role_mapping": {"x" * 256: "viewer"}}, "role_mapping"),
        ({"role_mapping": {str(number): "viewer" for number in range(101)}}, "role_mapping"),
        ({"allowed_domains": ["not a domain"]}, "allowed_domains"),
        ({"allowed_domains": ["@acme.example"]}, "allowed_domains"),
        ({"allowed_domains": "acme.example"}, "allowed_domains"),
        ({"local_sign_in": "no"}, "local_sign_in"),
        ({"local_sign_in": False}, "local_sign_in"),  # without a client id nobody could sign in
        ({"jwks_uri": "https://elsewhere.example"}, "jwks_uri"),
    ],
)
def test_shapes(client: APIClient, given: dict[str, Any], body: dict[str, Any], field: str) -> None:
    answer = client.put(URL, given | body)
    assert (answer.status_code, [name.partition(".")[0] for name in answer.json()["errors"]]) == (422, [field])
    assert not OidcSettings.objects.exists()


@pytest.mark.parametrize("role", ["super_admin", "SUPER_ADMIN", "nobody-has-this"])
def test_roles_that_are_not_given(client: APIClient, given: dict[str, Any], role: str) -> None:
    for body in ({"role_mapping": {"x": role}}, {"default_role": role}):
        answer = client.put(URL, given | body)
        assert (answer.status_code, answer.json()["error_code"]) == (400, "invalid_role")


def test_nobody_has_an_issuer_give_more_than_they_hold(
    client_of: Clients, given: dict[str, Any], stranger: User
) -> None:
    Role.objects.filter(slug="nobody").update(actions=["settings.manage", *Role.objects.get(slug="viewer").actions])
    client = client_of(stranger)
    for body in ({"role_mapping": {"x": "org_admin"}}, {"default_role": "operator"}):
        answer = client.put(URL, given | body)
        assert (answer.status_code, answer.json()["error_code"]) == (403, "permission_not_held")
    assert client.put(URL, given).status_code == 200


def test_who_only_sets_up_locks_no_administrator_out(
    client: APIClient, client_of: Clients, given: dict[str, Any], stranger: User
) -> None:
    """Neither by switching passwords off, nor by taking away the issuer that makes administrators."""
    Role.objects.filter(slug="nobody").update(actions=["settings.manage", *Role.objects.get(slug="viewer").actions])
    narrow = client_of(stranger)
    given |= {"client_id": CLIENT_ID}
    answer = narrow.put(URL, given | {"local_sign_in": False})
    assert (answer.status_code, answer.json()["error_code"]) == (403, "permission_not_held")
    assert not OidcSettings.objects.exists()
    assert client.put(URL, given | {"local_sign_in": False}).status_code == 200
    assert narrow.put(URL, {"client_id": "another"}).status_code == 403
    client.put(URL, {"local_sign_in": True, "role_mapping": {"boss": "org_admin"}})
    assert narrow.delete(URL).status_code == 403
    assert OidcSettings.objects.get().client_id == CLIENT_ID


@pytest.mark.parametrize(
    "address",
    [
        "http://issuer.example",
        "ftp://issuer.example",
        "https://",
        "issuer.example",
        "https://user:secret@issuer.example",
        "https://issuer.example:0",
        "https://1.2.3.999",
        "https://issuer.example/?tenant=x",
        "https://issuer.example/#x",
        "https://[::1",
        "javascript:alert(1)",
    ],
)
def test_addresses_that_are_none(client: APIClient, issuer: Issuer, address: str) -> None:
    answer = client.put(URL, {"issuer": address, "audience": AUDIENCE})
    body = answer.json()
    assert (answer.status_code, body["error_code"], body["reason"]) == (400, "oidc_unreachable", "address")


@pytest.mark.parametrize(
    "host",
    ["127.0.0.1", "localhost", "2130706433", "0x7f.1", "[::1]", "[::ffff:127.0.0.1]", "10.0.0.1", "169.254.169.254",
     "192.168.1.1", "100.64.0.1", "0.0.0.0", "[fe80::1]", "[fd00::1]", "[64:ff9b::7f00:1]", "[2002:7f00:1::]"],
)  # fmt: skip
def test_networks_of_ours(client: APIClient, issuer: Issuer, settings: Any, host: str) -> None:
    """They look like hosts where nobody answers; nothing is sent to them."""
    settings.ENV = settings.ENV.model_copy(update={"oidc_allowed_hosts": ()})
    answer = client.put(URL, {"issuer": f"https://{host}:{issuer.url.rpartition(':')[2]}", "audience": AUDIENCE})
    assert (answer.status_code, answer.json()["error_code"], answer.json()["reason"]) == (
        400,
        "oidc_unreachable",
        "connection",
    )
    assert not issuer.asked


def test_a_name_that_means_another_address_when_it_is_used(
    client: APIClient, issuer: Issuer, settings: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The name is looked up once: what is judged is what is connected to."""
    port = int(issuer.url.rpartition(":")[2])
    answers = iter([[(socket.AF_INET, socket.SOCK_STREAM, 6, "", ("127.0.0.1", port))]])
    monkeypatch.setattr(socket, "getaddrinfo", lambda *_args, **_named: next(answers))
    answer = client.put(URL, {"issuer": f"https://rebinding.example:{port}", "audience": AUDIENCE})
    assert answer.json()["reason"] == "connection"
    assert not issuer.asked


def test_endpoints_lead_nowhere_else_either(client: APIClient, issuer: Issuer, given: dict[str, Any]) -> None:
    for name in ("jwks_uri", "token_endpoint", "authorization_endpoint"):
        told = issuer.configuration() | {name: "http://169.254.169.254/latest"}
        issuer.broken[DISCOVERY] = lambda told=told: _json(told)
        assert client.put(URL, given).json()["reason"] == "address"
    assert not OidcSettings.objects.exists()


def test_nothing_is_redirected(client: APIClient, issuer: Issuer, given: dict[str, Any]) -> None:
    issuer.broken[DISCOVERY] = (302, {"Location": f"{issuer.url}/elsewhere"}, b"")
    assert client.put(URL, given).json()["reason"] == "answer"
    assert not issuer.asked["/elsewhere"]


@pytest.mark.parametrize(
    ("answer", "reason"),
    [
        ((404, {}, b"{}"), "answer"),
        ((200, {}, b"<html>"), "answer"),
        ((200, {}, b"[" * 100_000), "answer"),
        ((200, {}, b'["a list"]'), "answer"),
        ((200, {}, b" " * 600_000), "connection"),
        ((200, {"Content-Encoding": "gzip"}, b"\x1f\x8b"), "connection"),
        ((200, {}, b'{"issuer": "https://other.example"}'), "issuer"),
        ((200, {}, b"{}"), "issuer"),
    ],
)
def test_answers_that_are_none(
    client: APIClient, issuer: Issuer, given: dict[str, Any], answer: Any, reason: str
) -> None:
    issuer.broken[DISCOVERY] = answer
    refused = client.put(URL, given)
    assert (refused.status_code, refused.json()["reason"]) == (400, reason)


@pytest.mark.parametrize("keys", [{}, {"keys": []}, {"keys": "x"}, {"keys": [{"kty": "oct", "k": "AAAA"}, "x"]}])
def test_an_issuer_without_public_keys(client: APIClient, issuer: Issuer, given: dict[str, Any], keys: Any) -> None:
    issuer.broken[KEYS] = _json(keys)
    assert client.put(URL, given).json()["reason"] == "keys"


def test_an_issuer_that_is_away(client: APIClient, issuer: Issuer, given: dict[str, Any], settings: Any) -> None:
    with socket.create_server(("127.0.0.1", 0)) as listening:
        port = listening.getsockname()[1]
    settings.ENV = settings.ENV.model_copy(update={"oidc_allowed_hosts": ("127.0.0.1",)})
    answer = client.put(URL, given | {"issuer": f"http://127.0.0.1:{port}"})
    assert (answer.status_code, answer.json()["reason"]) == (400, "connection")


def test_an_issuer_for_everybody_needs_domains(client: APIClient, issuer: Issuer) -> None:
    answer = client.put(URL, {"issuer": "https://accounts.google.com", "audience": AUDIENCE})
    assert (answer.status_code, list(answer.json()["errors"])) == (422, ["allowed_domains"])


def test_if_match(client: APIClient, given: dict[str, Any]) -> None:
    client.put(URL, given)
    tag = client.get(URL).headers["ETag"]
    assert client.put(URL, {"role_claim": "groups"}, headers={"If-Match": tag}).status_code == 200
    for answer in (
        client.put(URL, {"role_claim": "x"}, headers={"If-Match": tag}),
        client.delete(URL, headers={"If-Match": tag}),
    ):
        assert answer.status_code == 412
    assert client.get(URL).json()["role_claim"] == "groups"


def test_rights(client_of: Clients, maintainer: User, given: dict[str, Any]) -> None:
    for who, status in ((None, 401), (maintainer, 403)):
        client = client_of(who)
        assert {client.get(URL).status_code, client.put(URL, given).status_code, client.delete(URL).status_code} == {
            status
        }


def test_another_organization_has_its_own(
    client_of: Clients, client: APIClient, given: dict[str, Any], foreigner: User, other_organization: Organization
) -> None:
    client.put(URL, given)
    theirs = client_of(foreigner)
    assert theirs.get(URL).status_code == 404
    assert theirs.delete(URL).status_code == 404
    theirs.put(URL, given | {"role_claim": "groups"})
    assert client.get(URL).json()["role_claim"] == "roles"
    with tenant_context(other_organization):
        assert OidcSettings.objects.get().role_claim == "groups"


def test_the_platform_has_none(issuer: Issuer, organization: Organization, given: dict[str, Any]) -> None:
    home = platform()
    assert home is not None
    admin = platform_admin_create(email="root@platform.example", name="Root", password=PASSWORD, now=timezone.now())
    api = APIClient(SERVER_NAME="localhost")
    api.credentials(HTTP_AUTHORIZATION=f"Bearer {bearer(admin, home)}")
    answer = api.put(URL, given)
    assert (answer.status_code, answer.json()["error_code"]) == (400, "oidc_not_on_platform")


def _json(told: Any) -> Any:
    return 200, {"Content-Type": "application/json"}, json.dumps(told).encode()


def test_an_issuer_that_hangs_holds_up_few(client: APIClient, given: dict[str, Any]) -> None:
    """No more threads of a process ask at once than there are seats, and each organization has one turn."""
    with ExitStack() as held:
        for number in range(MOST_AT_ONCE):
            held.enter_context(_seats.taken(f"another {number}"))
        answer = client.put(URL, given)
        assert (answer.status_code, answer.json()["error_code"]) == (429, "too_many_requests")
        assert int(answer["Retry-After"]) > 0
    with own_turn():
        assert client.put(URL, given).status_code == 429
    assert client.put(URL, given).status_code == 200


def test_an_issuer_that_hangs_holds_up_no_other_organization(
    client: APIClient, client_of: Clients, given: dict[str, Any], foreigner: User
) -> None:
    theirs = client_of(foreigner)
    with ExitStack() as held:
        for _each in range(MOST_OF_EACH):
            held.enter_context(seat_taken())
        assert client.put(URL, given).status_code == 429
        assert theirs.put(URL, given).status_code == 200


def test_changes_and_checks_have_a_rate_of_their_own(client: APIClient, given: dict[str, Any], settings: Any) -> None:
    settings.ENV = settings.ENV.model_copy(update={"rate_limit_oidc": "1/minute", "rate_limit_oidc_setup": "2/minute"})
    assert [client.put(URL, given).status_code for _each in range(3)] == [200, 200, 429]
