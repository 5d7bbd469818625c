"""Who is at a WebSocket or a streamed request."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

import pytest
from asgiref.sync import async_to_sync
from django.conf import settings as django_settings
from django.test import Client
from django.utils import timezone

from apps.accounts.authentication.sockets import authenticate_socket, close_code, recheck
from apps.accounts.models import ApiKey, Session, User
from apps.accounts.services.api_keys import api_key_create
from apps.accounts.services.credentials import actor_of_user
from apps.accounts.services.socket_tickets import socket_ticket_create
from apps.common.actor import Actor
from apps.common.errors import ApplicationError
from apps.tenants.context import public_context, tenant_context
from apps.tenants.models import Organization
from apps.tenants.selectors import hosts_forget
from conftest import bearer, make_user


@dataclass
class World:
    """An organization with one viewer, who is signed in in every way there is."""

    organization: Organization
    user: User
    token: str
    key: str

    @property
    def host(self) -> str:
        return f"{self.organization.slug}.localhost"

    def ticket(self) -> str:
        with tenant_context(self.organization):
            session = Session.objects.filter(user=self.user).latest("id")
            actor = actor_of_user(self.user, schema=self.organization.schema_name, ip=None, session_id=str(session.pk))
            return socket_ticket_create(actor=actor, now=timezone.now())[0]

    def cookie(self) -> str:
        with tenant_context(self.organization):
            client = Client(SERVER_NAME=self.host)
            client.force_login(self.user)
        return f"{django_settings.SESSION_COOKIE_NAME}={client.cookies[django_settings.SESSION_COOKIE_NAME].value}"


def made(organization: Organization) -> World:
    with tenant_context(organization):
        user = make_user("viewer@acme.example", "viewer")
        token = bearer(user, organization)
        actor = actor_of_user(user, schema=organization.schema_name, ip=None)
        _row, key = api_key_create(actor=actor, name="ci", permissions=["run.read"], now=timezone.now())
    return World(organization, user, token, key)


@pytest.fixture
def world(organization: Organization, monkeypatch: pytest.MonkeyPatch) -> World:
    """In the test's own transaction, which Channels would close as a connection left behind."""
    monkeypatch.setattr("channels.db.close_old_connections", lambda: None)
    return made(organization)


def connect(host: str = "localhost", query: str = "", *, type: str = "websocket", **headers: str) -> Actor:  # noqa: A002  # the scope's own name
    named = {"host": f"{host}:8000"} | {name.replace("_", "-"): value for name, value in headers.items()}
    scope = {
        "type": type,
        "query_string": query.encode(),
        "headers": [(name.encode(), value.encode()) for name, value in named.items()],
        "client": ("192.0.2.9", 5000),
    }
    found: Actor = async_to_sync(authenticate_socket)(scope)
    return found


def refused(*args: Any, **kwargs: Any) -> int:
    with pytest.raises(ApplicationError) as raised:
        connect(*args, **kwargs)
    return close_code(raised.value)


@pytest.mark.parametrize("shared", [True, False])
def test_it_works_with_every_credential(live_organization: Organization, *, shared: bool) -> None:
    world = made(live_organization)
    host = "localhost" if shared else world.host
    known = [
        connect(host, f"ticket={world.ticket()}"),
        connect(host, f"token={world.token}"),
        connect(host, authorization=f"Bearer {world.token}"),
        connect(host, x_api_key=world.key),
    ]
    if not shared:
        known.append(connect(host, cookie=world.cookie(), origin=f"http://{world.host}:8000"))
    assert {actor.schema for actor in known} == {world.organization.schema_name}
    assert {actor.user_id for actor in known} == {world.user.pk}
    assert {actor.ip for actor in known} == {"192.0.2.9"}
    assert all("run.read" in actor.permissions for actor in known)
    assert all(actor.trace_id for actor in known)


def test_a_ticket_works_once(world: World) -> None:
    ticket = world.ticket()
    connect("localhost", f"ticket={ticket}")
    assert refused("localhost", f"ticket={ticket}") == 4401


def test_nobody_is_4401(world: World) -> None:
    assert refused("localhost") == 4401
    assert refused(world.host) == 4401


@pytest.mark.parametrize(
    "query", ["token=x", "ticket=x", "ticket=oft_platform_x", "ticket=oft_000000000000_x", "token=%00", "token=a.b.c"]
)
def test_nonsense_is_4401(world: World, query: str) -> None:
    assert refused("localhost", query) == 4401
    assert refused(world.host, query) == 4401


def test_an_unknown_host_is_4404(world: World) -> None:
    assert refused("nowhere.localhost", f"token={world.token}") == 4404
    assert refused("", f"token={world.token}") == 4404


def test_another_organizations_host_is_4401(world: World, other_organization: Organization) -> None:
    host = f"{other_organization.slug}.localhost"
    assert refused(host, f"token={world.token}") == 4401
    assert refused(host, f"ticket={world.ticket()}") == 4401
    assert refused(host, x_api_key=world.key) == 4401
    assert refused(host, cookie=world.cookie(), origin=f"http://{host}:8000") == 4401


class TestCookie:
    @pytest.mark.parametrize(
        "origin", ["http://evil.example", "null", "http://{host}", "http://{host}:8000.evil.example", "http://[", ""]
    )
    def test_a_foreign_origin_is_4403(self, world: World, origin: str) -> None:
        assert refused(world.host, cookie=world.cookie(), origin=origin.format(host=world.host)) == 4403

    def test_a_missing_origin_is_4403_but_for_streams(self, world: World) -> None:
        assert refused(world.host, cookie=world.cookie()) == 4403
        assert connect(world.host, cookie=world.cookie(), type="http").user_id == world.user.pk

    def test_an_origin_that_is_configured_passes(self, world: World, settings: Any) -> None:
        settings.CORS_ALLOWED_ORIGINS = ["https://spa.example"]
        assert connect(world.host, cookie=world.cookie(), origin="https://spa.example").user_id == world.user.pk

    @pytest.mark.parametrize("cookie", ["sessionid=unknown", "sessionid=", "a=b", '"', "sessionid=a;sessionid=b"])
    def test_an_unknown_cookie_is_4401(self, world: World, cookie: str) -> None:
        assert refused(world.host, cookie=cookie, origin=f"http://{world.host}:8000") == 4401

    def test_a_revoked_session_is_4401(self, world: World) -> None:
        cookie = world.cookie()
        with tenant_context(world.organization):
            Session.objects.update(revoked_at=timezone.now())
        assert refused(world.host, cookie=cookie, origin=f"http://{world.host}:8000") == 4401


def test_an_inactive_organization_is_4403(world: World) -> None:
    ticket = world.ticket()
    with public_context():
        Organization.objects.filter(pk=world.organization.pk).update(is_active=False)
    assert refused("localhost", f"token={world.token}") == 4403
    hosts_forget()
    assert refused("localhost", f"ticket={ticket}") == 4403


class TestRecheck:
    """What lasts is asked again."""

    @pytest.fixture(params=["token", "key"])
    def actor(self, world: World, request: pytest.FixtureRequest) -> Actor:
        if request.param == "token":
            return connect("localhost", f"token={world.token}")
        return connect("localhost", x_api_key=world.key)

    @staticmethod
    def again(actor: Actor) -> Actor | None:
        found: Actor | None = async_to_sync(recheck)(actor)
        return found

    def test_it_gives_the_actor_as_it_stands_now(self, world: World, actor: Actor) -> None:
        assert self.again(actor) == actor
        with tenant_context(world.organization):
            role = world.user.role
            role.actions = ["run.read"]
            role.save()
        renewed = self.again(actor)
        assert renewed is not None
        assert renewed.permissions == {"run.read"}

    @pytest.mark.parametrize("what", ["session and key", "user", "organization"])
    def test_and_none_once_that_has_ended(self, world: World, actor: Actor, what: str) -> None:
        ends: dict[str, Callable[[], object]] = {
            "session and key": lambda: (
                Session.objects.update(revoked_at=timezone.now()),
                ApiKey.objects.update(revoked_at=timezone.now()),
            ),
            "user": lambda: User.objects.update(is_active=False),
            "organization": lambda: None,
        }
        with tenant_context(world.organization):
            ends[what]()
        if what == "organization":
            with public_context():
                Organization.objects.filter(pk=world.organization.pk).update(is_active=False)
        assert self.again(actor) is None

    def test_an_actor_without_credentials_is_none(self, actor: Actor) -> None:
        assert self.again(replace(actor, type="user", session_id=None)) is None


def test_each_counts_towards_the_rates(world: World, settings: Any) -> None:
    """A stream of a run that is over ends at once, and may be asked for again and again."""
    rates = {"rate_limit_api": "3/minute", "rate_limit_anonymous": "2/minute"}
    settings.ENV = settings.ENV.model_copy(update=rates)
    for kind in ("websocket", "http", "http"):
        connect(world.host, f"token={world.token}", type=kind)
    assert refused(world.host, f"token={world.token}") == 4429
    assert [refused(world.host, f"token={word}") for word in "abc"] == [4401, 4401, 4429]
