"""What the Makefile installs, and how often. A program stands for Python, so that nothing is fetched."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

import pytest

from tests.structure import ROOT

INSTALLING = "Installing the pinned requirements"
PYTHON = '#!/bin/sh\necho "compiled files: ${PYTHONDONTWRITEBYTECODE-kept}"\n'


@pytest.fixture
def checkout(tmp_path: Path) -> Path:
    """What make looks at, with an empty environment."""
    shutil.copy(ROOT / "Makefile", tmp_path)
    shutil.copytree(ROOT / "requirements", tmp_path / "requirements")
    python = tmp_path / ".venv/bin/python"
    python.parent.mkdir(parents=True)
    python.write_text(PYTHON)
    python.chmod(0o755)
    return tmp_path


def made(checkout: Path, target: str) -> str:
    done = subprocess.run(
        ["make", "--no-print-directory", target],
        cwd=checkout,
        capture_output=True,
        text=True,
        check=True,
        timeout=60,
    )
    return done.stdout


def test_it_works(checkout: Path) -> None:
    assert f"{INSTALLING} of requirements/local.txt" in made(checkout, "run")
    assert INSTALLING not in made(checkout, "run")


def test_what_tests_need_is_enough_to_run(checkout: Path) -> None:
    assert f"{INSTALLING} of requirements/dev.txt" in made(checkout, "venv")
    assert INSTALLING not in made(checkout, "run")
    assert INSTALLING not in made(checkout, "venv")


def test_what_is_needed_to_run_is_not_enough_for_tests(checkout: Path) -> None:
    made(checkout, "run")
    assert f"{INSTALLING} of requirements/dev.txt" in made(checkout, "venv")
    assert INSTALLING not in made(checkout, "run")


@pytest.mark.parametrize("target", ["run", "test", "isolation", "chaos", "load", "bench"])
def test_what_is_compiled_is_kept(checkout: Path, monkeypatch: pytest.MonkeyPatch, target: str) -> None:
    monkeypatch.setenv("PYTHONDONTWRITEBYTECODE", "1")
    assert made(checkout, target).splitlines()[-1] == "compiled files: kept"


def test_what_runs_is_part_of_what_tests_need() -> None:
    assert "-r local.in" in (ROOT / "requirements/dev.in").read_text(encoding="utf-8").splitlines()
