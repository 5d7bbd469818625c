"""Fixtures of the tests that start real processes."""

from collections.abc import Generator
from typing import Any

import pytest

from apps.executions.models import Execution
from apps.tenants.context import tenant_context
from tests.browser import browse
from tests.engine import history
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
    with tenant_context(started.schema):
        return [
            f"{one.kind} {one.pk} {one.status} attempt={one.attempt} line={one.last_seq} worker={one.worker}"
            f" {one.error_message} {history(started.schema, one.pk)}"
            for one in Execution.objects.order_by("created_at")
        ]
