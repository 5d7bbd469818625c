"""Fixtures of the tests that start real processes."""

from collections.abc import Generator
from typing import Any

import psycopg
import pytest
from psycopg import sql

from tests.browser import browse
from tests.live import Live, live, live_home, live_module, short_leases
from tests.strangers import stranger

__all__ = ["browse", "live", "live_home", "live_module", "short_leases", "stranger"]
TOLD_CHARACTERS = 4000


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """What a module starts once for all its tests is not started in several processes."""
    for item in items:
        if isinstance(item, pytest.Function) and "live_module" in item.fixturenames:
            item.add_marker(pytest.mark.xdist_group(item.module.__name__))


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(
    item: pytest.Function, call: pytest.CallInfo[Any]
) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """Where a test fails, its report ends with what became of its runs and with the last words of its processes."""
    report = yield
    if report.failed and call.when == "call":
        for started in _started(item):
            report.sections.append(("runs", "\n".join(_runs(started))[-TOLD_CHARACTERS:]))
            report.sections += [(f"output of {one.name}", one.output()[-TOLD_CHARACTERS:]) for one in started.processes]
    return report


def _started(item: pytest.Function) -> list[Live]:
    return [value for value in item.funcargs.values() if isinstance(value, Live)]


def _runs(started: Live) -> list[str]:
    """By a connection of its own: a test that failed may have left any context, and an event loop."""
    with psycopg.connect(started.home.url) as connection:
        rows = connection.execute(
            sql.SQL(
                """SELECT kind, id, status, 'attempt', attempt, 'line', last_seq, worker, error_message
                   FROM {schema}.executions_execution ORDER BY queued_at"""
            ).format(schema=sql.Identifier(started.schema))
        )
        return [" ".join(map(str, row)) for row in rows]
