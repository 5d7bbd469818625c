"""
Real servers for the tests: without DATABASE_URL and REDIS_URL, a run brings its own PostgreSQL and Redis.

Loaded by `-p tests.servers`, before Django reads its settings. Two runs in one checkout get servers of their own; the
workers of one run share its PostgreSQL (each has its own database there) and take one database each of its Redis.
"""

from __future__ import annotations

import atexit
import contextlib
import fcntl
import itertools
import os
import shutil
import tempfile
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import IO

import psycopg
import pytest

from config import embedded

OURS = "OFICINA_TEST_SERVERS"
_claims: list[IO[bytes]] = []  # open files: closing one gives its directory back


def _claim_directory() -> Path:
    """The first directory that no other running test run uses."""
    base = embedded.BASE_DIRECTORY / ".data"
    base.mkdir(mode=0o700, exist_ok=True)
    for number in itertools.count(1):
        directory = base / ("test" if number == 1 else f"test-{number}")
        claim = directory.with_suffix(".claim").open("ab")
        try:
            fcntl.flock(claim, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            claim.close()
            continue
        _claims.append(claim)
        return directory
    raise AssertionError("counting does not end")


def _start() -> None:
    directory = _claim_directory()
    database, redis = not embedded.given("DATABASE_URL"), not embedded.given("REDIS_URL")
    servers = embedded.ensure(directory, for_tests=True, database=database, redis=redis)
    atexit.register(servers.stop)
    embedded.export(embedded.environment(servers) | {"DATA_DIR": str(directory)})
    if redis:
        os.environ[OURS] = "1"


def _take_own_redis_database(worker: str) -> None:
    number = int(worker.removeprefix("gw")) + 1
    os.environ["REDIS_URL"] = os.environ["REDIS_URL"].replace("?db=0", f"?db={number}")


if worker_name := os.environ.get("PYTEST_XDIST_WORKER"):
    if OURS in os.environ:
        _take_own_redis_database(worker_name)
else:
    _start()


def pytest_unconfigure() -> None:
    """The run is over, that of its workers included: nothing is copied any more."""
    from tests.databases import dropped, migrated_name  # noqa: PLC0415  # DATABASE_URL is known by now

    if not worker_name:
        with contextlib.suppress(psycopg.OperationalError):  # a run without a database copies none
            dropped(migrated_name())


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """What was left out and why, a line for each reason: without bubblewrap, say, a hundred tests do not run."""
    skipped = terminalreporter.stats.get("skipped", [])
    reasons = Counter(str(report.longrepr[2]).removeprefix("Skipped: ") for report in skipped)
    for reason, count in sorted(reasons.items()):
        terminalreporter.line(f"Skipped {count}: {reason}", yellow=True)


@pytest.fixture
def server_directory() -> Iterator[Path]:
    """A short-named directory for servers of a single test, which it may break."""
    directory = Path(tempfile.mkdtemp(prefix="oficina-"))
    yield directory / "data"
    shutil.rmtree(directory)


@pytest.fixture
def own_servers(server_directory: Path) -> Iterator[embedded.EmbeddedServers]:
    """A PostgreSQL and a Redis that only this test uses: it may kill, flush and restart them."""
    servers = embedded.ensure(server_directory, for_tests=True)
    yield servers
    servers.stop()
