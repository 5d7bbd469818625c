from __future__ import annotations

import os
from dataclasses import replace
from pathlib import Path

import pytest

from apps.common.testing import eventually
from apps.robots.sandbox import directories
from apps.robots.sandbox import workspace as module
from apps.robots.sandbox.directories import directories_removed, run_directory
from apps.robots.sandbox.frame import Frame
from apps.robots.sandbox.spec import ProcessSpec
from apps.robots.sandbox.workspace import Workspace, open_workspace
from apps.robots.supervision.process import supervise
from apps.robots.tests.running import PYTHON, Runner


@pytest.fixture
def package(tmp_path: Path) -> Path:
    directory = tmp_path / "package"
    (directory / "data").mkdir(parents=True)
    (directory / "main.py").write_text("print('main')")
    (directory / "data" / "table.csv").write_text("a,b")
    (directory / "tool").write_text("#!/bin/sh\necho tool")
    for path, mode in (("main.py", 0o444), ("data/table.csv", 0o444), ("tool", 0o555), ("data", 0o555)):
        (directory / path).chmod(mode)
    return directory


def run_in(robots: Runner, workspace: Workspace, source: str) -> str:
    spec = ProcessSpec(
        arguments=(PYTHON, "-c", source),
        workspace=workspace,
        environment={"PARAMETERS": workspace.visible.parameters, "ARTIFACTS": workspace.visible.artifacts},
    )
    report = supervise(spec, sink=robots.recorder, control=robots.control)
    assert report.succeeded, robots.recorder.text
    return robots.recorder.text


def test_it_works(either: Runner, package: Path) -> None:
    source = """
import json, os, pathlib, subprocess
print(*sorted(os.listdir(".")), json.load(open(os.environ["PARAMETERS"]))["day"])
pathlib.Path("data/table.csv").write_text("changed")
pathlib.Path("data/new").write_text("x")
pathlib.Path(os.environ["ARTIFACTS"], "report.txt").write_text("result")
print(subprocess.check_output(["./tool"], text=True).strip())
"""
    with open_workspace(either.frame(), "one", package=package, parameters={"day": "monday"}) as workspace:
        assert run_in(either, workspace, source) == "data main.py tool monday\ntool"
        assert (workspace.artifacts / "report.txt").read_text() == "result"
        root = workspace.root
    eventually(lambda: not root.exists())
    assert (package / "data" / "table.csv").read_text() == "a,b"


def test_parameters_are_read_only(sandboxed: Runner) -> None:
    source = """
import os
try: open(os.environ["PARAMETERS"], "w")
except OSError as error: print(type(error).__name__)
"""
    with open_workspace(sandboxed.frame(), "one", parameters={}) as workspace:
        assert run_in(sandboxed, workspace, source) in {"OSError", "PermissionError"}


def test_large_files_are_linked(either: Runner, package: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "LINKED_FROM_BYTES", 1_000)
    (package / "model.bin").write_bytes(b"m" * 1_000)
    with open_workspace(either.frame(), "one", package=package) as workspace:
        assert workspace.linked
        assert (workspace.work / "model.bin").is_symlink()
        assert (
            run_in(either, workspace, "print(len(open('model.bin').read()), len(open('main.py').read()))") == "1000 13"
        )


def test_an_environment_and_a_module_are_shown(either: Runner, tmp_path: Path) -> None:
    environment, library = tmp_path / "environment", tmp_path / "somewhere" / "robot"
    for directory in (environment, library):
        directory.mkdir(parents=True)
    (environment / "marker").write_text("environment")
    (library / "__init__.py").write_text("word = 'imported'")
    with open_workspace(either.frame(environment, library), "one") as workspace:
        source = f"""
import sys
print(open({workspace.visible.environment!r} + "/marker").read())
sys.path.insert(0, {workspace.visible.library!r})
import robot
print(robot.word)
"""
        assert run_in(either, workspace, source) == "environment\nimported"


def test_what_a_robot_locks_away_is_removed(either: Runner) -> None:
    source = """
import os
os.makedirs("a/b"); open("a/b/c", "w").close(); os.chmod("a/b", 0); os.chmod("a", 0)
"""
    with open_workspace(either.frame(), "one") as workspace:
        run_in(either, workspace, source)
    eventually(lambda: not workspace.root.exists())


def test_two_attempts_of_one_run_do_not_meet(either: Runner) -> None:
    with open_workspace(either.frame(), "one") as first:
        with open_workspace(either.frame(), "one") as second:
            assert first.root != second.root
        assert first.work.is_dir()


def test_leftovers_of_a_dead_worker_are_swept_up(unsandboxed: Runner, tmp_path: Path) -> None:
    policy = replace(unsandboxed.policy, state=tmp_path)
    left, fresh = tmp_path / "runs" / "left", tmp_path / "runs" / "fresh"
    for directory in (left, fresh):
        (directory / "work").mkdir(parents=True)
    with run_directory(tmp_path / "runs", "used") as used:
        for directory in (left, used):
            os.utime(directory, (0, 0))
        directories._next_sweep.clear()
        with open_workspace(Frame(policy), "one"):
            assert not left.exists()
            assert fresh.exists()
            assert used.exists()


def test_what_cannot_be_removed_nor_told_of_holds_nobody_up(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_arguments: object, **_facts: object) -> None:
        raise OSError("no space left")

    with monkeypatch.context() as broken:
        broken.setattr(directories, "remove_tree", refuse)
        broken.setattr(directories.logger, "exception", refuse)
        with run_directory(tmp_path, "one") as kept:
            pass
        assert directories_removed()
    with run_directory(tmp_path, "two") as removed:
        pass
    assert directories_removed()
    assert kept.exists()
    assert not removed.exists()


@pytest.mark.skipif(os.geteuid() != 0, reason="only robots of root have users of their own")
def test_robots_of_root_are_somebody_else(sandboxed: Runner) -> None:
    with (
        open_workspace(sandboxed.frame(), "one") as one,
        open_workspace(sandboxed.frame(), "two") as two,
    ):
        users = {one.user, two.user}
        assert len(users) == 2
        assert all(user and user > 2**30 for user in users)
        assert one.work.stat().st_uid == one.user
        run_in(sandboxed, one, "open('file', 'w').close()")
        assert (one.work / "file").stat().st_uid == one.user
