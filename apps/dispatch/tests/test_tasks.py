from __future__ import annotations

import pytest

from apps.dispatch import rings
from apps.dispatch.tasks import tidy, work
from apps.dispatch.tests.conftest import Make, stored


def test_a_ring_is_answered(monkeypatch: pytest.MonkeyPatch) -> None:
    heard: list[str] = []
    monkeypatch.setattr(rings, "_answers", [heard.append])
    work(queue="q", said_by_a_later_version=True)
    assert heard == ["q"]


def test_tidying_twice_does_no_harm(make: Make) -> None:
    ours, orphan = make(), make(schema="t_000000000000")
    tidy()
    tidy()
    assert stored(ours)
    assert stored(orphan) is None
