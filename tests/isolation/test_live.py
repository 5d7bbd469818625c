"""``manage.py prove_isolation`` on a running installation: over real sockets, and nothing is left of it."""

from __future__ import annotations

import os
import re
import subprocess
import sys

import psycopg

from config.env import BASE_DIR
from tests.live import Live

CASES, SECONDS = 60, 300


def test_it_works(live: Live) -> None:
    web = live.web()
    before = _schemas_and_roles(live)
    told = _proved(live, "--url", web.url, "--cases", str(CASES))
    assert "0 leaks." in told
    assert web.url in told
    assert int(re.search(r"together\s+([\d,]+)", told)[1].replace(",", "")) >= CASES  # type: ignore[index]
    assert _schemas_and_roles(live) == before


def _proved(live: Live, *arguments: str) -> str:
    done = subprocess.run(
        [sys.executable, "manage.py", "prove_isolation", *arguments],
        cwd=BASE_DIR,
        env=os.environ | live.environment,
        capture_output=True,
        text=True,
        timeout=SECONDS,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr[-2000:]
    return done.stdout


def _schemas_and_roles(live: Live) -> set[str]:
    with psycopg.connect(live.home.url) as connection:
        names = connection.execute(
            "SELECT nspname FROM pg_namespace WHERE nspname LIKE 't\\_%' "
            "UNION SELECT schema_name FROM tenants_organization "
            "UNION SELECT rolname FROM pg_roles WHERE starts_with(rolname, current_database())"
        )
        kept = {name for (name,) in names.fetchall()}
        spares = {name for (name,) in connection.execute("SELECT schema_name FROM tenants_spareschema").fetchall()}
    return {name for name in kept if not any(name.endswith(spare) for spare in spares)}
