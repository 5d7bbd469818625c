from __future__ import annotations

from apps.dispatch.tasks import tidy
from apps.dispatch.tests.conftest import Make, stored


def test_tidying_twice_does_no_harm(make: Make) -> None:
    ours, orphan = make(), make(schema="t_000000000000")
    tidy()
    tidy()
    assert stored(ours)
    assert stored(orphan) is None
