from __future__ import annotations

import os
import signal
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import psutil
import pytest

from apps.common.testing import eventually
from apps.robots.errors import SandboxFailed, SandboxUnavailable
from apps.robots.sandbox import available, guard
from apps.robots.sandbox.available import sandbox_available, sandbox_for
from apps.robots.sandbox.directories import directories_removed
from apps.robots.sandbox.policy import SandboxMode, SandboxPolicy
from apps.robots.tests.running import Runner


@pytest.fixture
def afresh() -> Iterator[None]:
    """Look again, and forget what was seen."""
    known, available._found = available._found, None
    yield
    available._found = known


def program(directory: Path, text: str) -> Path:
    path = directory / "bwrap"
    path.write_text(f"#!/bin/sh\n{text}\n")
    path.chmod(0o755)
    return directory


def test_it_works(sandboxed: Runner) -> None:
    found = sandbox_for(sandboxed.policy)
    assert found.available
    assert found.version >= "0.8"
    assert found.own_users is (os.geteuid() == 0)


@pytest.mark.usefixtures("afresh")
def test_a_machine_without_bubblewrap_says_so(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    assert sandbox_available(tmp_path).reason == "bubblewrap (bwrap) is not installed"
    auto = SandboxPolicy(state=tmp_path)
    assert not sandbox_for(auto).available
    with pytest.raises(SandboxUnavailable, match="not installed"):
        sandbox_for(replace(auto, mode=SandboxMode.REQUIRED))


@pytest.mark.usefixtures("afresh")
def test_an_old_bubblewrap_is_not_used(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", str(program(tmp_path, "echo bubblewrap 0.4.1")) + os.pathsep + os.defpath)
    assert "0.4.1 is older than 0.8" in sandbox_available(tmp_path).reason


@pytest.mark.usefixtures("afresh")
def test_a_refusal_of_the_kernel_is_passed_on(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    text = """
[ "$1" = --version ] && exec echo bubblewrap 0.11.0
echo "bwrap: No permissions to creating new namespace" >&2; exit 1
"""
    monkeypatch.setenv("PATH", str(program(tmp_path, text)) + os.pathsep + os.defpath)
    found = sandbox_available(tmp_path)
    assert not found.available
    assert "No permissions to creating new namespace" in found.reason


@pytest.mark.usefixtures("afresh")
def test_a_refused_user_namespace_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    class Refused:
        own_users = False
        refusal = "the kernel or the container refuses user namespaces"

    monkeypatch.setenv("PATH", str(program(tmp_path, "echo bubblewrap 0.11.0")) + os.pathsep + os.defpath)
    monkeypatch.setattr(available, "guard", Refused)
    monkeypatch.setattr(os, "geteuid", lambda: 0)
    assert "refuses user namespaces" in sandbox_available(tmp_path).reason


def test_turned_off_is_off(tmp_path: Path) -> None:
    assert sandbox_for(SandboxPolicy(state=tmp_path, mode=SandboxMode.OFF)).reason == "turned off"


def test_a_dead_guardian_is_replaced(either: Runner) -> None:
    assert either.run("pass").succeeded
    first = guard.guard().pid
    os.kill(first, signal.SIGKILL)
    eventually(lambda: not guard._current or not guard._current.is_alive)
    assert either.run("pass").succeeded
    assert guard.guard().pid != first


def test_a_robot_does_not_outlive_its_guardian(sandboxed: Runner) -> None:
    robot = sandboxed.in_background("import time; print('up'); time.sleep(60)")
    eventually(lambda: sandboxed.saw("up"))
    os.kill(guard.guard().pid, signal.SIGKILL)
    report = robot.report(5)
    assert not report.succeeded
    assert report.error_message == "The sandbox ended without a result"


def test_a_robot_without_sandbox_can_still_be_ended_when_the_guardian_is_dead(unsandboxed: Runner) -> None:
    robot = unsandboxed.in_background("import time; print('up'); time.sleep(60)")
    eventually(lambda: unsandboxed.saw("up"))
    os.kill(guard.guard().pid, signal.SIGKILL)
    unsandboxed.control.lose()
    robot.report(5)


def test_descriptors_are_given_back(either: Runner) -> None:
    either.run("pass")
    assert directories_removed()
    before = psutil.Process().num_fds()
    for _ in range(5):
        either.run("pass")
    assert directories_removed()
    assert psutil.Process().num_fds() == before


def test_a_failed_start_gives_descriptors_back(sandboxed: Runner) -> None:
    sandboxed.run("pass")
    assert directories_removed()
    before = psutil.Process().num_fds()
    broken = replace(sandboxed.policy.limits, shared_memory_bytes=-1)
    sandboxed.policy = replace(sandboxed.policy, limits=broken)
    for _ in range(3):
        with pytest.raises(SandboxFailed):
            sandboxed.run("pass")
    assert directories_removed()
    assert psutil.Process().num_fds() == before
