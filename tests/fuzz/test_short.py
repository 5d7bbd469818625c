"""A few requests to every operation and some chains, the same ones each time; `make fuzz` goes on for longer."""

from __future__ import annotations

import json

import pytest

from apps.robots.models import Robot
from apps.tenants.context import tenant_context
from tests.fuzz.campaign import Effort, campaign
from tests.fuzz.people import token_maker
from tests.live import Live, Web
from tests.shop import run_stored, shop_opened
from tests.stack import NO_RATES


@pytest.fixture(scope="module")
def web(live_module: Live) -> Web:
    live_module.environment.update(NO_RATES)
    shop = shop_opened(live_module)
    run_stored(shop, 100)
    with tenant_context(shop.organization):
        Robot.objects.update(created_by=None)
    return shop.web


@pytest.mark.parametrize(
    ("role", "effort", "answers"),
    [
        (
            "org_admin",
            Effort(examples=1, chains=6, steps=6, phases=("fuzzing", "stateful")),
            {200, 201, 400, 404, 422},
        ),
        ("viewer", Effort(examples=1, chains=1, steps=1, phases=("fuzzing",)), {200, 403, 422}),
    ],
)
def test_nothing_undocumented_is_answered(
    live_module: Live, web: Web, role: str, effort: Effort, answers: set[int]
) -> None:
    result = campaign(web.url, token_maker(live_module.schema, role), effort=effort, seed=1)
    assert not result.findings, json.dumps(result.findings, indent=1)[:6000]
    assert result.stopped == "completed"
    assert len(result.operations) > 60
    assert answers <= set(result.statuses)
    assert result.links or "stateful" not in effort.phases
