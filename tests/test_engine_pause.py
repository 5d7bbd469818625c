"""A worker sleeps past its lease (SIGSTOP), and wakes up when another one has its work."""

from __future__ import annotations

import psutil
import pytest

from apps.dispatch.models import Worker
from apps.tenants.context import public_context
from tests.engine import accept, all_are, cancel, execution, history, log, statuses, tokens, until
from tests.live import Live

pytestmark = pytest.mark.usefixtures("short_leases")


def test_it_works(live: Live) -> None:
    sleeper = live.worker("sleeper", WORKER_SLOTS="1")
    [torn] = accept(live.schema, "test.endless", max_attempts=2)
    until(lambda: execution(live.schema, torn).last_seq > 2)
    live.worker("other", WORKER_SLOTS="1")
    sleeper.pause()
    until(lambda: history(live.schema, torn) == ["started", "retried", "started"])
    taken_over = execution(live.schema, torn)
    until(lambda: execution(live.schema, torn).last_seq > taken_over.last_seq + 5)

    sleeper.resume()
    done = accept(live.schema, "test.done", number=3)  # the other's slot is taken: only the sleeper can do them
    until(all_are(live.schema, done, "completed"))
    seen = execution(live.schema, torn).last_seq
    until(lambda: execution(live.schema, torn).last_seq > seen + 5)
    assert execution(live.schema, torn).token == taken_over.token
    assert statuses(live.schema, [torn]) == ["running"]

    cancel(live.schema, torn)
    until(all_are(live.schema, [torn], "cancelled"))
    assert len(set(tokens(live.schema, torn))) == 2
    attempts = [line.split()[1] for line in log(live.schema, torn)]
    assert attempts == sorted(attempts)
    assert set(attempts) == {"1", "2"}
    until(lambda: _busy() == 0)


def test_in_the_middle_of_a_claim(live: Live) -> None:
    """Everybody else's claims wait for its transaction, which PostgreSQL ends before long."""
    sleeper = live.worker("sleeper", WORKER_SLOTS="1")
    [unclaimed] = accept(live.schema, "test.freezing")
    until(lambda: psutil.Process(sleeper.pid).status() == psutil.STATUS_STOPPED)
    other = live.worker("other", WORKER_SLOTS="1")
    done = accept(live.schema, "test.done", number=3)
    until(all_are(live.schema, [unclaimed, *done], "completed"))
    assert history(live.schema, unclaimed) == ["started", "completed"]

    other.kill()
    sleeper.resume()
    done = accept(live.schema, "test.done", number=3)
    until(all_are(live.schema, done, "completed"))


def _busy() -> int:
    with public_context():
        return sum(Worker.objects.values_list("busy", flat=True))
