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
from config.servers import processes
from config.welcome import LAST_LINE
from tests.running import BOOT_SECONDS, STOP_SECONDS, Run, free_port, start

AGAIN_SECONDS = 30


@pytest.fixture(scope="module")
def data() -> Iterator[Path]:
    """A data directory that one run after the other uses."""
    directory = Path(tempfile.mkdtemp(prefix="oficina-"))
    yield directory / "data"
    run = Run(subprocess.Popen(["true"]), directory / "data", 0, directory)
    for process in run.members():  # of a test that failed
        processes.end(process)
    run.process.wait()
    shutil.rmtree(directory)


def test_it_works(data: Path) -> None:
    run = start(data, free_port())
    block = run.up()
    assert httpx.get(f"{run.url}/ready").status_code == 200
    names = " ".join(" ".join(process.cmdline()) for process in run.members())
    for part in ("uvicorn", "worker", "beat", "postgres", "redis"):
        assert part in names
    assert run.stop() == 0
    assert run.members() == []
    assert block.rstrip().endswith(LAST_LINE)
    with pytest.raises(httpx.TransportError):
        httpx.get(run.url)


def test_the_pasted_command_runs_a_robot(data: Path) -> None:
    run = start(data, free_port())
    block = run.up()
    command = re.search(r"^    TOKEN=.*?; echo\n\n", block, re.MULTILINE | re.DOTALL)
    assert command
    finished = subprocess.run(["sh", "-c", command[0]], capture_output=True, text=True, timeout=60, check=True)
    accepted, later = [json.loads(line) for line in finished.stdout.splitlines() if line.strip()]
    assert accepted["status"] in {"PENDING", "RUNNING"}
    assert later["runs"][0]["run_id"] == accepted["run_id"]
    headers = {"Authorization": f"Bearer {token(run, block)}"}

    def status() -> str:
        word: str = httpx.get(f"{run.url}/api/v1/runs/{accepted['run_id']}", headers=headers).json()["status"]
        return word if word not in {"PENDING", "RUNNING"} else ""

    assert eventually(status, seconds=60) == "SUCCESS"
    assert run.stop() == 0


def token(run: Run, block: str) -> str:
    found = re.search(r"-d '(\{\"email\".*?\})'", block)
    assert found
    answer = httpx.post(f"{run.url}/api/v1/auth/login", json=json.loads(found[1])).json()
    return str(answer["access_token"])


def test_a_second_run_starts_in_seconds_with_the_data_still_there(data: Path) -> None:
    first = start(data, free_port())
    before = first.up()
    assert first.stop() == 0
    begin = monotonic()
    second = start(data, free_port())
    after = second.up()
    assert monotonic() - begin < AGAIN_SECONDS
    assert [line for line in after.splitlines() if "Sign in" in line] == [
        line for line in before.splitlines() if "Sign in" in line
    ]
    assert second.stop(signal.SIGTERM) == 0
    assert second.members() == []


def test_a_stop_while_it_starts_leaves_nothing(data: Path) -> None:
    for moment in ("Starting PostgreSQL", "Migrating", "Providing demo data", "web started"):
        run = start(data, free_port())
        eventually(lambda run=run, moment=moment: moment in run.output, seconds=BOOT_SECONDS)  # type: ignore[misc]
        assert run.stop() == 0, run.output
        assert run.members() == []


def test_what_a_killed_run_left_is_cleaned_up_by_the_next(data: Path) -> None:
    killed = start(data, free_port())
    killed.up()
    left = killed.members()
    killed.process.kill()
    killed.process.wait()
    web = next(process for process in left if "uvicorn" in " ".join(process.cmdline()))
    assert web.is_running()
    run = start(data, killed.port)
    run.up()
    assert not processes.alive(web.pid)
    assert run.stop() == 0
    assert run.members() == []


def test_a_crash_of_one_process_stops_all(data: Path) -> None:
    run = start(data, free_port())
    run.up()
    worker = next(process for process in run.members() if " worker " in " ".join(process.cmdline()))
    worker.kill()
    assert run.process.wait(timeout=STOP_SECONDS) == 1
    assert "worker ended with exit code" in run.output
    assert run.members() == []


def test_two_side_by_side(data: Path, tmp_path_factory: pytest.TempPathFactory) -> None:
    other_data = Path(tempfile.mkdtemp(prefix="oficina-"))
    one, other = start(data, free_port()), start(other_data / "data", free_port())
    one.up()
    other.up()
    assert one.stop() == 0
    assert httpx.get(f"{other.url}/ready").status_code == 200
    assert other.stop() == 0
    shutil.rmtree(other_data)


def test_one_data_directory_runs_once(data: Path) -> None:
    run = start(data, free_port())
    run.up()
    second = start(data, free_port())
    assert second.process.wait(timeout=STOP_SECONDS) == 1
    assert "already running" in second.output
    assert httpx.get(f"{run.url}/ready").status_code == 200
    assert run.stop() == 0


def test_configured_servers_are_used_and_none_started(own_servers: embedded.EmbeddedServers, data: Path) -> None:
    apart = data.with_name("apart")
    urls = {name: embedded.environment(own_servers)[name] for name in ("DATABASE_URL", "REDIS_URL")}
    run = start(apart, free_port(), **urls)
    run.up()
    assert not (apart / "postgresql").exists()
    assert run.stop() == 0
    assert all(server.pid() for server in own_servers.present)


def test_a_taken_port_is_told_before_anything_starts(data: Path) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        run = start(data, taken.getsockname()[1])
        assert run.process.wait(timeout=STOP_SECONDS) == 1
    assert f"Port {run.port} cannot be used: Address already in use" in run.output
    assert "Starting" not in run.output


@pytest.mark.parametrize("port", ["http", "0", "70000", "-1"])
def test_a_port_that_is_none_is_refused(data: Path, port: str) -> None:
    run = start(data, free_port(), PORT=port)
    assert run.process.wait(timeout=STOP_SECONDS) == 1
    assert "it must be a number from 1 to 65535" in run.output
