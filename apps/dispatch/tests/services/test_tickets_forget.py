from __future__ import annotations

from apps.dispatch.services.tickets import tickets_forget
from apps.dispatch.tests.conftest import Make, stored


def test_it_works(make: Make) -> None:
    ours, orphan = make(), make(schema="t_000000000000")
    assert tickets_forget() == 1
    assert stored(ours)
    assert stored(orphan) is None
