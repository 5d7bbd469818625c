from __future__ import annotations

from apps.dispatch.services.tickets import tickets_postpone
from apps.dispatch.tests.conftest import Make, claimed_ids, stored


def test_it_works(make: Make) -> None:
    waiting, other = make(), make()
    tickets_postpone(execution_ids=[waiting], seconds=60)
    assert claimed_ids(limit=2) == [other]


def test_what_is_held_stays_as_it_is(make: Make) -> None:
    held = make(held=True)
    before = stored(held)
    tickets_postpone(execution_ids=[held], seconds=60)
    after = stored(held)
    assert before is not None
    assert after is not None
    assert before.available_at == after.available_at
