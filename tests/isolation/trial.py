"""Trying the matrix on a copy of the source with a planted leak; the working tree is never touched."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from psycopg import sql

from config.env import BASE_DIR
from tests.databases import administer, dropped, url_of
from tests.isolation.planted import Leak

COPIED = ("apps", "config", "locale", "static", "templates", "tests", "manage.py")
SECONDS = 900


@dataclass(frozen=True, slots=True)
class Outcome:
    """What the matrix found; ``error`` where it could not be run at all."""

    found: list[tuple[str, str]]
    tried: int
    error: str = ""

    @property
    def caught(self) -> bool:
        return bool(self.found)


@contextmanager
def database(name: str) -> Iterator[str]:
    """An empty database and its URL; gone afterwards, with its roles."""
    dropped(name)
    administer(sql.SQL("CREATE DATABASE {}").format(sql.Identifier(name)))
    try:
        yield url_of(name)
    finally:
        dropped(name)


def planted(leak: Leak, source: Path) -> None:
    """Changes a copy of the source. Raises ``LookupError`` where the text to be replaced is not there once."""
    for change in leak.changes:
        file = source / change.file
        text = file.read_text(encoding="utf-8")
        if text.count(change.old) != 1:
            raise LookupError(f"{leak.name}: {change.file} does not hold, exactly once: {change.old!r}")
        file.write_text(text.replace(change.old, change.new), encoding="utf-8")


def attempted(url: str, *arguments: str, leak: Leak | None = None) -> Outcome:
    """Runs the matrix in a process of its own, on the source as it is or on a copy with a leak in it."""
    with tempfile.TemporaryDirectory(prefix="oficina-isolation-") as folder:
        source = BASE_DIR
        if leak is not None:
            source = Path(folder) / "source"
            copy_source(source)
            planted(leak, source)
        done = subprocess.run(
            [sys.executable, "-m", "tests.isolation.attempt", *arguments],
            cwd=source,
            env=os.environ | {"DATABASE_URL": url, "DATA_DIR": f"{folder}/data", "PYTHONPATH": str(source)},
            capture_output=True,
            text=True,
            timeout=SECONDS,
            check=False,
        )
    return _outcome(done)


def copy_source(target: Path) -> None:
    """The program without its data, its environment and its history."""
    for name in COPIED:
        origin = BASE_DIR / name
        if origin.is_dir():
            shutil.copytree(origin, target / name, ignore=shutil.ignore_patterns("__pycache__"))
        else:
            shutil.copy2(origin, target / name)


def _outcome(done: subprocess.CompletedProcess[str]) -> Outcome:
    try:
        told: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
    except (IndexError, json.JSONDecodeError):
        return Outcome([], 0, error=(done.stdout + done.stderr)[-3000:])
    changed = [("afterwards", f"{name} has changed") for name in told["changed"]]
    found = [(case, problem) for _family, case, problem in told["found"]]
    return Outcome(found + changed, sum(told["tried"].values()))
