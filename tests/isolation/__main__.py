"""``make isolation``: the whole matrix, then the matrix against each planted leak. Exit code 1 unless all is well."""

from __future__ import annotations

import atexit
import os
import secrets
import signal
import subprocess
import sys
import tempfile
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from pathlib import Path
from queue import SimpleQueue

from config import embedded
from config.env import BASE_DIR
from tests.isolation.planted import LEAKS, Leak
from tests.isolation.trial import Outcome, attempted, database

AT_ONCE = 2


def main() -> int:
    signal.signal(signal.SIGTERM, lambda *_: sys.exit("ended from outside"))  # so that the servers end as well
    servers = embedded.ensure(Path(tempfile.mkdtemp(prefix="oficina-")) / "data", for_tests=True)
    atexit.register(servers.stop)
    os.environ.update(embedded.environment(servers))
    with database("isolation_whole") as url:
        if not _whole(url):
            return 1  # what is found anyway would be taken for what was planted
    sys.stdout.write(f"\n{len(LEAKS)} planted leaks, one at a time; each must be found\n\n")
    caught = _planted()
    sys.stdout.write(f"\n{caught} of {len(LEAKS)} planted leaks were found.\n")
    return 0 if caught == len(LEAKS) else 1


def _whole(url: str) -> bool:
    """All cases, with the report on the terminal."""
    with tempfile.TemporaryDirectory(prefix="oficina-isolation-") as folder:
        done = subprocess.run(
            [sys.executable, "-m", "tests.isolation.attempt", "--report", "--processes", str(AT_ONCE)],
            cwd=BASE_DIR,
            env=os.environ | {"DATABASE_URL": url, "DATA_DIR": folder},
            stdout=subprocess.PIPE,
            text=True,
            check=False,
        )
    *shown, _summary = done.stdout.splitlines() or [""]
    sys.stdout.write("\n".join(shown) + "\n")
    return done.returncode == 0


def _planted() -> int:
    """How many of the leaks were found; a few are tried at once, on databases that are used again."""
    with ExitStack() as databases:
        free: SimpleQueue[str] = SimpleQueue()
        for number in range(AT_ONCE):
            free.put(databases.enter_context(database(f"isolation_{number}")))

        def trial(leak: Leak) -> bool:
            url = free.get()
            try:
                return _tried(leak, url)
            finally:
                free.put(url)

        with ThreadPoolExecutor(AT_ONCE) as pool:
            return sum(pool.map(trial, LEAKS))


def _tried(leak: Leak, url: str) -> bool:
    began = time.monotonic()
    with ExitStack() as own:
        if leak.provisioning:
            url = own.enter_context(database(f"isolation_{secrets.token_hex(4)}"))
        outcome = attempted(url, "--stop", "--family", leak.family, leak=leak)
    sys.stdout.write(f"{_row(leak, outcome, time.monotonic() - began)}\n")
    sys.stdout.flush()
    return outcome.caught


def _row(leak: Leak, outcome: Outcome, seconds: float) -> str:
    masked = f"\n       ({leak.masked})" if leak.masked else ""
    if not outcome.caught:
        return f"MISSED {leak.name} after {outcome.tried:,} cases, {seconds:.0f} s {outcome.error}"
    case, problem = outcome.found[0]
    return f"found  {leak.name}, by case {outcome.tried:,} ({seconds:.0f} s)\n       {case}: {problem[:200]}{masked}"


if __name__ == "__main__":
    sys.exit(main())
