"""How a version is called: its command and its environment, in the robot's own paths."""

from __future__ import annotations

import os
from collections.abc import Iterable, Mapping, Sequence

from apps.robots.packages.environment import PythonRuntime
from apps.robots.sandbox.workspace import Workspace

_PATH = "/usr/local/bin:/usr/bin:/bin"


def robot_command(
    entrypoint_type: str,
    entrypoint_path: str,
    arguments: Sequence[str],
    *,
    workspace: Workspace,
    runtime: PythonRuntime,
) -> tuple[str, ...]:
    """The command for a PYTHON, EXE, SHELL or ROBOT entrypoint. A Robot Framework suite takes its arguments as options.

    A shell script that names its interpreter is run by that one. Raises KeyError for another type.
    """
    program = f"{workspace.visible.work}/{entrypoint_path}"
    python = _python(workspace, runtime)
    commands: dict[str, tuple[str, ...]] = {
        "PYTHON": (python, program, *arguments),
        "EXE": (program, *arguments),
        "SHELL": (*(() if _is_executable(workspace, entrypoint_path) else ("/bin/sh",)), program, *arguments),
        "ROBOT": (python, "-m", "robot", "--outputdir", workspace.visible.artifacts, *arguments, program),
    }
    return commands[entrypoint_type]


def robot_environment(
    run_id: str, layers: Iterable[Mapping[str, str]], *, workspace: Workspace, runtime: PythonRuntime
) -> dict[str, str]:
    """The whole environment of a robot, from nothing: a base, then the layers in order, then what is always ours.

    Python is told to write lines as they are printed, so that they are seen live.
    """
    visible = workspace.visible
    binaries = f"{visible.environment}/bin:{_PATH}" if workspace.frame.environment else _PATH
    environment = {
        "PATH": binaries,
        "HOME": visible.work,
        "LANG": "C.UTF-8",
        "TZ": "UTC",
        "TMPDIR": visible.temporary,
        "USER": "robot",
        "PYTHONUNBUFFERED": "1",
        "PYTHONDONTWRITEBYTECODE": "1",
    }
    for layer in layers:
        environment.update(layer)
    if workspace.frame.environment:
        environment["VIRTUAL_ENV"] = visible.environment
    if workspace.frame.module:
        environment["PYTHONPATH"] = ":".join(filter(None, (visible.library, environment.get("PYTHONPATH"))))
    return environment | {
        "OFICINA_RUN_ID": run_id,
        "OFICINA_ARTIFACTS": visible.artifacts,
        "OFICINA_PARAMETERS": visible.parameters,
    }


def _python(workspace: Workspace, runtime: PythonRuntime) -> str:
    return f"{workspace.visible.environment}/bin/python" if workspace.frame.environment else str(runtime.python)


def _is_executable(workspace: Workspace, path: str) -> bool:
    return os.access(workspace.work / path, os.X_OK)
