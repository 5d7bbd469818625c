"""What was not finished in an archive is lost where it is read."""

from __future__ import annotations

from datetime import timedelta

from apps.executions.models import Status
from apps.executions.services.restored import UNFINISHED, executions_settle
from apps.executions.services.transitions import execution_finish
from apps.executions.tests.conftest import DONE, NOW, Accept, Start, stored

LATER = NOW + timedelta(hours=1)


def test_it_works(start: Start, accept: Accept) -> None:
    done = start()
    execution_finish(done, DONE, now=NOW)
    before = stored(done)
    running, waiting = start(), accept()
    assert executions_settle(now=LATER) == 2
    for unfinished in (running, waiting):
        found = stored(unfinished)
        assert (found.status, found.finished_at, found.token) == (Status.LOST, LATER, None)
        assert found.error_message == UNFINISHED
    assert (stored(done).status, stored(done).finished_at) == (Status.COMPLETED, before.finished_at)
    assert executions_settle(now=LATER) == 0
