"""`make run` as a person meets it: one command, one block at the end, and nothing left when it stops."""

from __future__ import annotations

import json
import re
import shutil
import signal
import socket
import subprocess
import tempfile
from collections.abc import Iterator
from pathlib import Path
from time import monotonic

import httpx
import pytest

from apps.common.testing import eventually
from config import embedded
from config.env import BASE_DIR
from config.servers import processes
from config.welcome import LAST_LINE
from tests.running import BOOT_SECONDS, STOP_SECONDS, Run, free_port, start

pytestmark = pytest.mark.xdist_group("run")  # they share what takes long to start
AGAIN_SECONDS = 60  # on a busy machine; less than ten on an idle one
COMMAND_SECONDS = 120


@pytest.fixture(scope="module")
def directory() -> Iterator[Path]:
    created = Path(tempfile.mkdtemp(prefix="oficina-"))
    yield created
    shutil.rmtree(created)


@pytest.fixture(scope="module")
def running(directory: Path) -> Iterator[Run]:
    """What `make run` started in an empty data directory; the last test of the module stops it."""
    run = start(directory / "data", free_port())
    run.up()
    yield run
    for process in run.members():  # of a test that failed
        processes.end(process)
    run.process.kill()
    run.process.wait()


def login(run: Run) -> tuple[str, str]:
    """The e-mail and password that were printed."""
    found = re.search(r"Sign in +(\S+) +(\S+) ", run.output)
    assert found
    return found[1], found[2]


def shell(commands: str, directory: Path, **variables: str) -> str:
    python = Path(shutil.which("python3") or "/usr/bin/python3").parent
    finished = subprocess.run(
        ["sh", "-eu", "-c", commands],
        cwd=directory,
        env={"PATH": f"{python}:/usr/bin:/bin", **variables},
        capture_output=True,
        text=True,
        timeout=COMMAND_SECONDS,
        check=False,
    )
    assert finished.returncode == 0, finished.stdout + finished.stderr
    return finished.stdout


def test_it_works(running: Run) -> None:
    assert running.output.rstrip().endswith(LAST_LINE)
    assert httpx.get(f"{running.url}/ready").status_code == 200
    assert httpx.get(f"{running.url}/metrics").status_code == 200
    commands = " ".join(" ".join(process.cmdline()) for process in running.members())
    for part in ("uvicorn", " worker ", " beat ", "postgres", "redis"):
        assert part in commands


def test_the_pasted_command_runs_a_robot(running: Run, tmp_path: Path) -> None:
    command = re.search(r"^    TOKEN=.*?; echo\n\n", running.output, re.MULTILINE | re.DOTALL)
    assert command
    accepted, later = [json.loads(line) for line in shell(command[0], tmp_path).splitlines() if line.strip()]
    assert later["runs"][0]["run_id"] == accepted["run_id"]
    email, password = login(running)
    signed_in = httpx.post(f"{running.url}/api/v1/auth/login", json={"email": email, "password": password}).json()
    headers = {"Authorization": f"Bearer {signed_in['access_token']}"}

    def outcome() -> str:
        word: str = httpx.get(f"{running.url}/api/v1/runs/{accepted['run_id']}", headers=headers).json()["status"]
        return word if word not in {"PENDING", "RUNNING"} else ""

    assert eventually(outcome, seconds=COMMAND_SECONDS) == "SUCCESS"


def test_the_tour_of_the_readme(running: Run, tmp_path: Path) -> None:
    text = (BASE_DIR / "README.md").read_text().partition("<!-- tour -->")[2].partition("<!-- end of tour -->")[0]
    tour = "\n".join(re.findall(r"```sh\n(.*?)```", text, re.DOTALL))
    email, password = login(running)
    printed = shell(tour, tmp_path, API=f"{running.url}/api/v1", EMAIL=email, PASSWORD=password)
    assert "Hello reader, 5 of 5" in printed
    assert "SUCCESS" in printed
    assert printed.endswith("Greeted reader: --for=reader\n")
    assert not list(tmp_path.iterdir())


def test_one_data_directory_runs_once(running: Run) -> None:
    second = start(running.data, free_port())
    assert second.process.wait(timeout=STOP_SECONDS) == 1
    assert "already running" in second.output
    assert httpx.get(f"{running.url}/ready").status_code == 200


def test_side_by_side_on_configured_servers(
    running: Run, directory: Path, own_servers: embedded.EmbeddedServers
) -> None:
    apart = directory / "apart"
    urls = {name: embedded.environment(own_servers)[name] for name in ("DATABASE_URL", "REDIS_URL")}
    other = start(apart, free_port(), **urls)
    other.up()
    assert not (apart / "postgresql").exists()
    assert not (apart / "redis").exists()
    assert httpx.get(f"{running.url}/ready").status_code == 200
    assert other.stop() == 0
    assert other.members() == []
    assert all(server.pid() for server in own_servers.present)


def test_a_taken_port_is_told_before_anything_starts(directory: Path) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        run = start(directory / "refused", taken.getsockname()[1])
        assert run.process.wait(timeout=STOP_SECONDS) == 1
    assert f"Port {run.port} cannot be used: Address already in use" in run.output
    assert "Starting" not in run.output


@pytest.mark.parametrize("port", ["http", "0", "70000", "-1"])
def test_a_port_that_is_none_is_refused(directory: Path, port: str) -> None:
    run = start(directory / "refused", free_port(), PORT=port)
    assert run.process.wait(timeout=STOP_SECONDS) == 1
    assert "it must be a number from 1 to 65535" in run.output


def test_stopped_started_killed_and_crashed_it_never_leaves_anything(running: Run) -> None:
    """One life after the other in one data directory, because each start takes its time."""
    assert running.stop(signal.SIGINT) == 0
    assert running.members() == []
    with pytest.raises(httpx.TransportError):
        httpx.get(running.url)

    begin = monotonic()
    again = start(running.data, free_port())
    again.up()
    assert monotonic() - begin < AGAIN_SECONDS
    assert login(again) == login(running)
    left = again.members()
    again.process.kill()
    again.process.wait()
    web = next(process for process in left if "uvicorn" in " ".join(process.cmdline()))
    assert processes.alive(web.pid)

    cleaned = start(running.data, again.port)
    cleaned.up()
    assert not processes.alive(web.pid)
    worker = next(process for process in cleaned.members() if " worker " in " ".join(process.cmdline()))
    worker.kill()
    assert cleaned.process.wait(timeout=STOP_SECONDS) == 1
    assert "worker ended with exit code" in cleaned.output
    assert cleaned.members() == []

    for moment in ("Migrating", "web started"):
        hasty = start(running.data, free_port())
        eventually(lambda run=hasty, word=moment: word in run.output, seconds=BOOT_SECONDS)  # type: ignore[misc]
        assert hasty.stop(signal.SIGTERM) == 0, hasty.output
        assert hasty.members() == []
