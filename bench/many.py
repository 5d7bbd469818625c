"""Servers with many organizations. They are kept for the next time, for making them takes minutes.

They are made as the product makes them; the server alone is told not to wait for the disk, which nothing here measures.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import psycopg

from bench.servers import DIRECTORY, environment
from bench.stage import Stage
from config import embedded

BUILDERS = 2
BUILD_SECONDS = 3600  # 2,000 take a quarter of an hour on two cores, the first time


@dataclass
class Many:
    """A database with so many organizations, and an environment that points to it."""

    stage: Stage
    name: str
    environment: dict[str, str]

    def count(self) -> int:
        with self.connection() as connection:
            row = connection.execute("SELECT count(*) FROM tenants_organization WHERE slug <> 'platform'").fetchone()
            return int(row[0]) if row else 0

    def connection(self) -> psycopg.Connection:
        return psycopg.connect(self.environment["DATABASE_URL"], autocommit=True)

    def manage(self, *arguments: str) -> None:
        """A management command on this database, to its end."""
        self._run("manage.py", *arguments)

    def grown(self, organizations: int) -> None:
        """Makes what is missing, two at a time."""
        missing = organizations - self.count()
        if missing > 0:
            embedded.to_terminal(f"Making {missing} organizations, which are kept for the next time")
        builders = [
            self.stage.live.start("builder", "-m", "bench.population", "grow", str(part), **self.environment)
            for part in (missing // BUILDERS, missing - missing // BUILDERS)
            if part > 0
        ]
        for builder in builders:
            if builder.wait(BUILD_SECONDS) != 0:
                raise RuntimeError(builder.output()[-4000:])

    def tokens(self) -> list[str]:
        """One access token for somebody of each organization."""
        file = self.stage.files / f"tokens-{self.name}.json"
        self._run("-m", "bench.population", "tokens", str(file))
        tokens: list[str] = json.loads(file.read_text("utf-8"))
        return tokens

    def _run(self, *arguments: str) -> None:
        done = subprocess.run(
            [sys.executable, *arguments],
            cwd=embedded.BASE_DIRECTORY,
            env=os.environ | self.environment,
            capture_output=True,
            text=True,
            timeout=BUILD_SECONDS,
            check=False,
        )
        if done.returncode != 0:
            raise RuntimeError(f"{done.stdout[-2000:]}{done.stderr[-4000:]}")


@contextmanager
def many(stage: Stage, name: str, organizations: int) -> Iterator[Many]:
    """Servers with at least so many organizations, all of them current."""
    directory: Path = DIRECTORY / name
    servers = embedded.ensure(directory, for_tests=True)
    try:
        database = Many(stage, name, environment(servers, directory) | {"TENANT_SPARES": "0"})
        database.manage("migrate_organizations", "--verbosity", "0")
        database.grown(organizations)
        yield database
    finally:
        servers.stop()
