"""README's five-minute tour, pasted into a shell as it stands."""

from __future__ import annotations

import re
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from config.env import BASE_DIR
from tests.running import Run, free_port, start

TOUR_SECONDS = 120


@pytest.fixture
def run() -> Iterator[Run]:
    directory = Path(tempfile.mkdtemp(prefix="oficina-"))
    started = start(directory / "data", free_port())
    started.up()
    yield started
    assert started.stop() == 0
    shutil.rmtree(directory)


def tour() -> str:
    """The commands between the two marks."""
    text = (BASE_DIR / "README.md").read_text().partition("<!-- tour -->")[2].partition("<!-- end of tour -->")[0]
    return "\n".join(re.findall(r"```sh\n(.*?)```", text, re.DOTALL))


def test_it_works(run: Run, tmp_path: Path) -> None:
    login = re.search(r"Sign in +(\S+) +(\S+) ", run.output)
    assert login
    finished = subprocess.run(
        ["sh", "-eu", "-c", tour()],
        cwd=tmp_path,
        env={
            "PATH": f"{Path(shutil.which('python3') or 'python3').parent}:/usr/bin:/bin",
            "API": f"{run.url}/api/v1",
            "EMAIL": login[1],
            "PASSWORD": login[2],
        },
        capture_output=True,
        text=True,
        timeout=TOUR_SECONDS,
        check=False,
    )
    assert finished.returncode == 0, finished.stdout + finished.stderr
    assert "Hello Ada, for the 5. time" in finished.stdout
    assert "SUCCESS" in finished.stdout
    assert finished.stdout.endswith("Greeted Ada: --for=Ada\n")
