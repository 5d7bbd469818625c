from __future__ import annotations

from typing import Any

import pytest
from django.utils import timezone

from apps.executions.errors import LeaseLost
from apps.executions.services.executions import execution_progress
from apps.executions.services.transitions import execution_finish
from apps.executions.tests.conftest import DONE, Start, steal, stored


def test_it_works(start: Start, woken: list[Any]) -> None:
    lease = start()
    execution_progress(lease, done=3, total=10, message="half\x00 way", now=timezone.now())
    saved = stored(lease)
    assert (saved.progress_done, saved.progress_total, saved.progress_message) == (3, 10, "half way")
    assert woken[-1][1] == {"type": "execution.changed"}


def test_long_messages_are_cut(start: Start) -> None:
    lease = start()
    execution_progress(lease, done=None, total=None, message="x" * 9999, now=timezone.now())
    assert len(stored(lease).progress_message) == 500


def test_not_without_the_lease(start: Start) -> None:
    lease = start()
    steal(lease)
    with pytest.raises(LeaseLost):
        execution_progress(lease, done=1, total=1, now=timezone.now())
    assert stored(lease).progress_done is None


def test_not_after_the_end(start: Start) -> None:
    lease = start()
    execution_finish(lease, DONE, now=timezone.now())
    with pytest.raises(LeaseLost):
        execution_progress(lease, done=1, total=1, now=timezone.now())
