"""Domains from the lines of a file: all of them or none."""

from __future__ import annotations

from typing import Any

import pytest
from django.utils import timezone

from apps.accounts.models import User
from apps.common.actor import Actor
from apps.common.errors import PermissionDenied
from apps.common.imports import Change, Imported
from apps.events.models import Event
from apps.portal.models import Domain
from apps.portal.services.imports import domains_import
from apps.portal.tests.conftest import ActorOf, grant


def imported(actor: Actor, *lines: dict[str, Any], dry_run: bool = False) -> Imported:
    return domains_import(actor=actor, lines=dict(enumerate(lines, 2)), dry_run=dry_run, now=timezone.now())


def test_it_works(owner: User, actor: ActorOf, domain: Domain) -> None:
    lines = [{"slug": "ti", "name": "TI"}, {"slug": domain.slug, "name": "Pessoas"}, {"slug": "ti", "name": "TI"}]
    report = imported(actor(owner), *lines)
    assert report == Imported({2: Change.CREATED, 3: Change.UPDATED, 4: Change.UNCHANGED}, [])
    assert set(Domain.objects.values_list("slug", "name")) == {("ti", "TI"), ("dp-rh", "Pessoas")}
    assert Event.objects.filter(name="domain.created").count() == 2
    assert Event.objects.get(name="domain.updated").data == {"fields": ["name"]}


def test_one_wrong_line_and_nothing_is_written(owner: User, actor: ActorOf, domain: Domain) -> None:
    report = imported(
        actor(owner),
        {"slug": "ti", "name": "TI"},
        {"slug": "other", "name": domain.name.upper()},
        {"slug": "runs", "name": "Runs"},
    )
    assert [(error.line, error.field) for error in report.errors] == [(3, "name"), (4, "slug")]
    assert Domain.objects.get() == domain
    assert Event.objects.filter(name="domain.created").count() == 1


def test_a_dry_run_writes_nothing(owner: User, actor: ActorOf) -> None:
    assert imported(actor(owner), {"slug": "ti", "name": "TI"}, dry_run=True).count(Change.CREATED) == 1
    assert not Domain.objects.exists()


def test_without_the_right_for_all_of_them(viewer: User, actor: ActorOf, domain: Domain) -> None:
    grant(viewer, "service.manage", domain)
    with pytest.raises(PermissionDenied):
        imported(actor(viewer), {"slug": domain.slug, "name": "Mine"}, dry_run=True)
