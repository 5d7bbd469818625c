"""The ordinary life of executions, with a real worker."""

from __future__ import annotations

from tests.engine import accept, all_are, execution, history, log, until
from tests.live import Live


def test_it_works(live: Live) -> None:
    live.worker()
    [done] = accept(live.schema, "test.talking")
    until(all_are(live.schema, [done], "completed"))
    ended = execution(live.schema, done)
    assert (ended.attempt, ended.exit_code, ended.last_seq) == (1, 0, 25)
    assert ended.queued_at <= ended.started_at <= ended.finished_at
    assert log(live.schema, done) == [f"attempt 1 line {number}" for number in range(1, 26)]
    assert history(live.schema, done) == ["started", "completed"]
