"""Prepared schemas: made beforehand, given once, thrown away when the migrations moved on."""

from __future__ import annotations

import pytest
from django.conf import settings
from django.core.management import call_command

from apps.tenants import tasks
from apps.tenants.context import current_schema, owner_context
from apps.tenants.models import Organization, SchemaTemplate, SpareSchema
from apps.tenants.naming import new_schema_name
from apps.tenants.selectors import schema_sizes
from apps.tenants.services.provisioning import schema_create, schema_take, spares_replenish
from apps.tenants.services.templates import template_ensure
from apps.tenants.tests.concurrency import at_once
from config.celery import app


def waiting() -> set[str]:
    with owner_context():
        return {*SpareSchema.objects.values_list("schema_name", flat=True)}


def test_it_works(organization: Organization) -> None:
    before = waiting()
    assert spares_replenish(len(before) + 2) == 2
    made = waiting() - before
    assert len(made) == 2
    assert made <= schema_sizes().keys()
    assert spares_replenish(len(before) + 2) == 0
    assert current_schema() == organization.schema_name


def test_a_spare_is_given_once(live_organization: Organization) -> None:
    spares_replenish(3)
    spares, template = waiting(), template_ensure()
    assert len(spares) == 3
    taken = at_once(lambda _index: schema_take(template), 5)
    assert len(set(taken)) == 5
    assert spares < set(taken)
    assert waiting() == set()
    call_command("sweep_schemas", verbosity=0)  # nobody was given these


def test_two_at_once_make_no_more_than_wanted(live_organization: Organization) -> None:
    with owner_context():
        for spare in waiting():
            SpareSchema.objects.filter(schema_name=spare).delete()
    made = at_once(lambda _index: spares_replenish(2), 3)
    assert sum(made) == 2
    assert len(waiting()) == 2


def test_stale_spares_go(organization: Organization) -> None:
    stale = SpareSchema(schema_name=new_schema_name(), fingerprint="old")
    with owner_context():
        schema_create(stale.schema_name, template_ensure())
        stale.save(force_insert=True)
    spares_replenish(0)
    assert stale.schema_name not in waiting()
    assert stale.schema_name not in schema_sizes()


def test_a_program_that_is_not_deployed_any_more_touches_nothing(organization: Organization) -> None:
    with owner_context():
        SpareSchema.objects.create(schema_name=new_schema_name(), fingerprint="newer")
        SchemaTemplate.objects.create(fingerprint="newer", statements=[])
    before = waiting()
    assert spares_replenish(50) == 0
    assert waiting() == before


def test_beat_asks_for_them(organization: Organization, monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[tuple[int, str]] = []
    monkeypatch.setattr(tasks, "spares_replenish", lambda count: asked.append((count, current_schema())))
    assert app.conf.beat_schedule["tenants.spares"]["task"] == tasks.spares_make.name
    tasks.spares_make.apply()
    assert asked == [(settings.ENV.tenant_spares, "public")]
