"""Organizations are found without a query; strange hosts cost neither memory nor database."""

from __future__ import annotations

import threading
import uuid
from collections.abc import Iterator
from typing import Any

import pytest
from django.conf import settings
from django.db import connections

from apps.tenants import registry as module
from apps.tenants.context import current_schema, public_context
from apps.tenants.models import Domain, Organization
from apps.tenants.registry import MISS_SECONDS, Registry
from apps.tenants.selectors import (
    hosts_forget,
    organization_by_host,
    organization_by_id,
    organization_by_schema,
    organization_by_slug,
    organizations_all,
    platform,
)
from apps.tenants.services.organizations import organization_create
from apps.tenants.tests.concurrency import at_once


class Clock:
    now = 1000.0

    def monotonic(self) -> float:
        return self.now


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Iterator[Clock]:
    """The registry's clock stands still; ORGANIZATION_CACHE_SECONDS is 5."""
    clock = Clock()
    monkeypatch.setattr(module, "time", clock)
    monkeypatch.setattr(settings, "ENV", settings.ENV.model_copy(update={"organization_cache_seconds": 5.0}))
    hosts_forget()
    yield clock
    monkeypatch.undo()
    hosts_forget()


def looks(sent: list[str]) -> int:
    return sum("sum(xmin" in statement for statement in sent)


def loads(sent: list[str]) -> int:
    return sum('FROM "tenants_organization"' in statement for statement in sent)


def rename_behind(organization: Organization, name: str) -> None:
    """A change of which this process is not told."""
    with public_context():
        Organization.objects.filter(pk=organization.pk).update(name=name)


def test_it_works(organization: Organization, other_organization: Organization) -> None:
    assert organization_by_host("acme.localhost") == organization
    assert organization_by_id(organization.pk) == organization
    assert organization_by_id(str(organization.pk)) == organization
    assert organization_by_schema(organization.schema_name) == organization
    assert organization_by_slug("acme") == organization
    home = platform()
    assert home is not None
    assert home.schema_name == "platform"
    assert organizations_all() == [organization, other_organization]
    assert current_schema() == organization.schema_name


def test_what_is_not_there(organization: Organization) -> None:
    assert organization_by_host("nobody.localhost") is None
    assert organization_by_id(uuid.uuid4()) is None
    assert organization_by_id("not-an-id") is None
    assert organization_by_schema("public") is None
    assert organization_by_slug("ACME") is None


def test_lookups_ask_nothing(organization: Organization, clock: Clock, sent: list[str]) -> None:
    organization_by_host("acme.localhost")
    sent.clear()
    for _repetition in range(100):
        assert organization_by_host("acme.localhost") == organization
        assert organization_by_id(organization.pk) == organization
    assert sent == []


def test_a_look_that_finds_no_change_loads_nothing(organization: Organization, clock: Clock, sent: list[str]) -> None:
    organization_by_host("acme.localhost")
    sent.clear()
    for _repetition in range(3):
        clock.now += 5.1
        organization_by_host("acme.localhost")
    assert (looks(sent), loads(sent)) == (3, 0)


def test_changes_of_others_show_within_seconds(organization: Organization, clock: Clock) -> None:
    organization_by_host("acme.localhost")
    rename_behind(organization, "Renamed")
    clock.now += 4.9
    assert organization_by_host("acme.localhost").name == "Acme"  # type: ignore[union-attr]
    clock.now += 0.2
    assert organization_by_host("acme.localhost").name == "Renamed"  # type: ignore[union-attr]


def test_new_hosts_of_others_show_within_a_second(organization: Organization, clock: Clock) -> None:
    assert organization_by_host("new.example") is None
    with public_context():
        Domain.objects.create(domain="new.example", tenant=organization, is_primary=False)
    clock.now += MISS_SECONDS + 0.1
    assert organization_by_host("new.example") == organization


def test_hosts_that_went_are_forgotten(organization: Organization, clock: Clock) -> None:
    with public_context():
        Domain.objects.create(domain="old.example", tenant=organization, is_primary=False)
    assert organization_by_host("old.example") == organization
    with public_context():
        Domain.objects.filter(domain="old.example").delete()
    clock.now += 5.1
    assert organization_by_host("old.example") is None


def test_own_changes_show_at_once(organization: Organization, clock: Clock) -> None:
    assert organization_by_host("fresh.localhost") is None
    made = organization_create(name="Fresh")
    assert organization_by_host("fresh.localhost") == made


def test_a_flood_of_hosts_costs_one_look_a_second(organization: Organization, clock: Clock, sent: list[str]) -> None:
    organization_by_host("acme.localhost")
    sent.clear()
    for number in range(2000):
        assert organization_by_host(f"{number}.flood.example") is None
        clock.now += 0.001
    assert looks(sent) <= 2
    assert loads(sent) == 0


def test_a_flood_grows_nothing(organization: Organization) -> None:
    registry = Registry()
    registry.find("by_host", "acme.localhost")
    copy: Any = registry._copy
    before = len(copy.by_host)
    for number in range(5000):
        registry.find("by_host", f"{number}.flood.example")
    after: Any = registry._copy
    assert len(after.by_host) == before


def test_what_changed_while_we_looked_is_looked_at_again(
    organization: Organization, clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    registry, load = Registry(), module._load

    def loading(version: Any) -> Any:
        copy = load(version)
        rename_behind(organization, "Meanwhile")
        registry.forget()
        monkeypatch.setattr(module, "_load", load)
        return copy

    monkeypatch.setattr(module, "_load", loading)
    registry.find("by_slug", "acme")
    found = registry.find("by_slug", "acme")
    assert found is not None
    assert found.name == "Meanwhile"


def test_many_threads_make_one_look(live_organization: Organization, monkeypatch: pytest.MonkeyPatch) -> None:
    registry, counted, version = Registry(), [], module._version
    lock = threading.Lock()

    def counting() -> Any:
        with lock:
            counted.append(1)
        return version()

    monkeypatch.setattr(module, "_version", counting)
    found = at_once(lambda _index: registry.find("by_slug", "live"), 8)
    assert found == [live_organization] * 8
    assert len(counted) <= 2
    connections.close_all()
