from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from apps.robots.packages.environment import EnvironmentCache, robot_framework
from apps.robots.sandbox.entrypoint import robot_command, robot_environment
from apps.robots.sandbox.spec import ProcessSpec
from apps.robots.sandbox.workspace import open_workspace
from apps.robots.supervision.process import supervise
from apps.robots.supervision.records import ExitReport
from apps.robots.tests.running import BARE, Runner


def run(robots: Runner, package: Path, kind: str, path: str, *arguments: str, directory: str = "") -> ExitReport:
    module = robot_framework() if kind == "ROBOT" else None
    with open_workspace(robots.frame(module=module), "one", package=package) as workspace:
        runtime = BARE
        spec = ProcessSpec(
            arguments=robot_command(kind, path, arguments, workspace=workspace, runtime=runtime),
            environment=robot_environment(
                "run-1", [{"A": "1", "B": "1"}, {"B": "2"}], workspace=workspace, runtime=runtime
            ),
            workspace=workspace,
            directory=directory,
        )
        report = supervise(spec, sink=robots.recorder, control=robots.control)
        robots.recorder.artifacts = sorted(path.name for path in workspace.artifacts.iterdir())
        return report


def test_it_works(either: Runner, tmp_path: Path) -> None:
    (tmp_path / "beside.py").write_text("word = 'beside'")
    (tmp_path / "main.py").write_text(
        "import beside, os, sys; print(beside.word, sys.argv[1:], os.getcwd() == os.path.dirname(__file__))"
    )
    assert run(either, tmp_path, "PYTHON", "main.py", "a b", "--c").succeeded, either.recorder.text
    assert either.recorder.messages == ["beside ['a b', '--c'] True"]


def test_an_environment(either: Runner, tmp_path: Path) -> None:
    source = "import sys; print(sys.prefix == sys.argv[1], sys.prefix != sys.base_prefix)"
    with (
        EnvironmentCache(tmp_path).lease(None) as runtime,
        open_workspace(replace(either.frame(runtime.environment), readable=runtime.readable), "one") as workspace,
    ):
        (workspace.work / "main.py").write_text(source)
        (workspace.work / "main.py").chmod(0o644)
        arguments = [workspace.visible.environment]
        spec = ProcessSpec(
            arguments=robot_command("PYTHON", "main.py", arguments, workspace=workspace, runtime=runtime),
            environment=robot_environment("run-1", [], workspace=workspace, runtime=runtime),
            workspace=workspace,
        )
        supervise(spec, sink=either.recorder, control=either.control)
    assert either.recorder.messages == ["True True"]


def test_layers_of_the_environment(either: Runner, tmp_path: Path) -> None:
    (tmp_path / "main.py").write_text(
        """
from os import environ as e
from os.path import isdir
print(e["A"], e["B"], e["OFICINA_RUN_ID"], e["TZ"], open(e["OFICINA_PARAMETERS"]).read())
print(isdir(e["OFICINA_ARTIFACTS"]), isdir(e["HOME"]), isdir(e["TMPDIR"]))
"""
    )
    run(either, tmp_path, "PYTHON", "main.py")
    assert either.recorder.messages == ["1 2 run-1 UTC {}", "True True True"]


def test_a_working_directory(either: Runner, tmp_path: Path) -> None:
    (tmp_path / "jobs").mkdir()
    (tmp_path / "main.py").write_text("import os; print(os.path.basename(os.getcwd()))")
    run(either, tmp_path, "PYTHON", "main.py", directory="jobs")
    assert either.recorder.messages == ["jobs"]


@pytest.mark.parametrize(("head", "mode"), [("#!/bin/sh\n", 0o755), ("", 0o644)])
def test_a_shell_script(either: Runner, tmp_path: Path, head: str, mode: int) -> None:
    (tmp_path / "run.sh").write_text(head + 'echo "$1 $A"')
    (tmp_path / "run.sh").chmod(mode)
    assert run(either, tmp_path, "SHELL", "run.sh", "hello").succeeded
    assert either.recorder.messages == ["hello 1"]


def test_an_executable(either: Runner, tmp_path: Path) -> None:
    (tmp_path / "bin").mkdir()
    (tmp_path / "bin" / "tool").write_bytes(Path("/bin/echo").read_bytes())
    (tmp_path / "bin" / "tool").chmod(0o755)
    assert run(either, tmp_path, "EXE", "bin/tool", "hello").succeeded
    assert either.recorder.messages == ["hello"]


def test_a_robot_framework_suite(either: Runner, tmp_path: Path) -> None:
    (tmp_path / "suite.robot").write_text("*** Test Cases ***\nGreets\n    Log To Console    hello ${NAME}\n")
    report = run(either, tmp_path, "ROBOT", "suite.robot", "--variable", "NAME:ana")
    assert report.succeeded, either.recorder.text
    assert "hello ana" in either.recorder.text
    assert either.recorder.artifacts == ["log.html", "output.xml", "report.html"]


def test_an_unknown_type_is_an_error(unsandboxed: Runner, tmp_path: Path) -> None:
    with pytest.raises(KeyError):
        run(unsandboxed, tmp_path, "COBOL", "main.cob")


@pytest.mark.parametrize(
    "wrong",
    [
        {"arguments": ()},
        {"arguments": ("a\0--bind\0/\0/",)},
        {"environment": {"A": "x\0--bind\0/\0/"}},
        {"environment": {"A\0": "x"}},
        {"environment": {"": "x"}},
        {"environment": {"A=B": "x"}},
        {"directory": "../.."},
        {"directory": "/etc"},
        {"directory": "a\0b"},
    ],
)
def test_what_would_break_out_of_the_options_is_refused(unsandboxed: Runner, wrong: dict[str, object]) -> None:
    with open_workspace(unsandboxed.frame(), "one") as workspace, pytest.raises(ValueError, match=r"must|contains"):
        ProcessSpec(**{"arguments": ("true",), "workspace": workspace, **wrong})  # type: ignore[arg-type]
