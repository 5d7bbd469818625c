"""An organization of 50,000 people against one of 50: lists, searches, and rights with many grants or few."""

from __future__ import annotations

import json
from typing import Any

from apps.common.testing import eventually
from apps.tenants.context import tenant_context
from apps.tenants.services.organizations import organization_create
from bench.crowd import crowd, granted
from bench.figures import Figure, Target
from bench.people import member, token_of
from bench.stage import Stage

MANY, FEW, GRANTS = 50_000, 50, 1000
TARGET, QUERIES = Target(1.5), Target(1, unit="queries")
SECONDS = 180


def measure(stage: Stage) -> list[Figure]:
    sides = {"big": _side(MANY, search="Person+17"), "small": _side(FEW, search="Person")}
    measured = stage.files / "people_time.json"
    with stage.program(
        "bench.people_time", str(measured), DJANGO_SETTINGS_MODULE="bench.settings", BENCH_SIDES=json.dumps(sides)
    ) as process:
        eventually(lambda: not process.running, seconds=SECONDS, interval=0.1)
        if process.wait() != 0:
            raise RuntimeError(process.output()[-4000:])
    rounds = json.loads(measured.read_text("utf-8"))
    note = f"{MANY:,} people against {FEW}"
    return [
        Figure("people-list", "ms", TARGET, rounds["big_list"], rounds["small_list"], note),
        Figure(
            "people-search",
            "ms",
            TARGET,
            rounds["big_search"],
            rounds["small_search"],
            "1,111 found against 50, 50 shown",
        ),
        Figure("people-check", "ms", TARGET, rounds["big_check"], rounds["small_check"], note),
        Figure(
            "grants-check", "ms", TARGET, rounds["many_grants"], rounds["big_check"], f"{GRANTS:,} grants against 1"
        ),
        Figure("grants-check-queries", "queries", QUERIES, rounds["queries"], note=f"with {GRANTS:,} grants"),
    ]


def _side(people: int, *, search: str) -> dict[str, Any]:
    """An organization of so many, its administrator's token, and two people with grants, few and many."""
    organization = organization_create(name="Crowd")
    with tenant_context(organization):
        crowd(people)
        side: dict[str, Any] = {
            "schema": organization.schema_name,
            "search": search,
            "token": token_of(member("owner@bench.example", "org_admin"), organization),
        }
        for name, grants in (("few", 1), ("many", GRANTS)):
            user = member(f"{name}@bench.example", "operator")
            side[name] = {"user": str(user.pk), "robot": str(granted(user, grants).pk)}
    return side
