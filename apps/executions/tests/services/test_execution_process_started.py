from __future__ import annotations

import pytest
from django.utils import timezone

from apps.executions.errors import LeaseLost
from apps.executions.services.executions import execution_process_started
from apps.executions.tests.conftest import Start, steal, stored


def test_it_works(start: Start) -> None:
    lease, now = start(), timezone.now()
    execution_process_started(lease, process_id=42, now=now)
    saved = stored(lease)
    assert (saved.process_id, saved.process_started_at) == (42, now)


def test_not_without_the_lease(start: Start) -> None:
    lease = start()
    steal(lease)
    with pytest.raises(LeaseLost):
        execution_process_started(lease, process_id=42, now=timezone.now())
