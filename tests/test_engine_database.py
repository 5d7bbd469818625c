"""The database drops every connection, again and again; work goes on where it was."""

from __future__ import annotations

from uuid import UUID

from django.db import connection

from apps.tenants.context import owner_context
from tests.engine import accept, all_are, execution, history, log, until
from tests.kinds import TALKING_LINES
from tests.live import Live


def test_it_works(live: Live) -> None:
    worker = live.worker()
    accepted = accept(live.schema, "test.talking", number=6)
    for line in (3, 8, 13):
        until(lambda line=line: _furthest(live, accepted) > line)  # type: ignore[misc]
        _drop_connections()
    until(all_are(live.schema, accepted, "completed"))
    for execution_id in accepted:
        assert len(log(live.schema, execution_id)) == TALKING_LINES
        assert history(live.schema, execution_id) == ["started", "completed"]
    assert worker.running


def _furthest(live: Live, accepted: list[UUID]) -> int:
    return max(execution(live.schema, execution_id).last_seq for execution_id in accepted)


def _drop_connections() -> None:
    with owner_context(), connection.cursor() as cursor:
        cursor.execute(
            """
            SELECT pg_terminate_backend(pid) FROM pg_stat_activity
            WHERE datname = current_database() AND pid <> pg_backend_pid()
            """
        )
