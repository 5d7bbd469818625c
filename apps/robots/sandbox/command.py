"""The command line of a robot in bubblewrap.

Values of the environment and all paths travel in bubblewrap's options, which are read from a descriptor; only the
robot's own command is an argument that other processes could see. A sandbox that was built before its run was known
reads the same from another descriptor, as the words of a shell.
"""

from __future__ import annotations

import re
import shlex
from functools import cache
from itertools import chain
from pathlib import Path

from apps.robots.sandbox import options, skeleton
from apps.robots.sandbox.bubblewrap import SHELL
from apps.robots.sandbox.spec import ProcessSpec
from apps.robots.sandbox.workspace import Workspace

# A shell would take these for its own.
_SHELLS_OWN = {"IFS", "LINENO", "OLDPWD", "OPTIND", "PPID", "PWD"}
_SAYABLE = re.compile("[A-Za-z_][A-Za-z0-9_]*", re.ASCII)


def bubblewrap_options(spec: ProcessSpec) -> list[str]:
    """Everything but the command itself."""
    environment = chain.from_iterable(("--setenv", name, value) for name, value in spec.environment.items())
    return [*_sandbox(spec.workspace), *environment, "--chdir", _directory(spec)]


def ready_options(workspace: Workspace) -> list[str]:
    """The same for a run that is not known yet."""
    return [*_sandbox(workspace), "--chdir", skeleton.WORK]


def _sandbox(workspace: Workspace) -> list[str]:
    frame, policy = workspace.frame, workspace.frame.policy
    return [
        *options.namespaces(user=workspace.user, network=policy.network),
        *options.system(policy.state, readable=frame.shown),
        *_places(workspace),
        *options.extras(readable=frame.shown, hidden=policy.hidden),
        *options.devices(policy.limits.shared_memory_bytes),
        "--clearenv",
    ]


@cache
def shell_is_known() -> bool:
    """Whether a shell adds nothing of its own to the environment: of dash that is known, which Debian has."""
    return Path(SHELL).resolve().name == "dash"


def shell_script(spec: ProcessSpec) -> str | None:
    """How a shell is told to become the robot; None where a name of the environment cannot be said to one."""
    if any(name in _SHELLS_OWN or not _SAYABLE.fullmatch(name) for name in spec.environment):
        return None
    exports = [f"export {name}={shlex.quote(value)}" for name, value in spec.environment.items()]
    enter = f"cd {shlex.quote(_directory(spec))} || exit"
    return "\n".join([*exports, enter, "unset OLDPWD", f"exec {shlex.join(spec.arguments)} </dev/null", ""])


def _directory(spec: ProcessSpec) -> str:
    return f"{skeleton.WORK}/{spec.directory}".rstrip("/")


def _places(workspace: Workspace) -> list[str]:
    places = [
        ("--bind", workspace.work, skeleton.WORK),
        ("--bind", workspace.temporary, skeleton.TEMPORARY),
        ("--bind", workspace.artifacts, skeleton.ARTIFACTS),
        ("--ro-bind", workspace.parameters, skeleton.PARAMETERS),
    ]
    for source, target in (
        (workspace.frame.environment, skeleton.ENVIRONMENT),
        (workspace.frame.module, skeleton.LIBRARY_MODULE),
        (workspace.package if workspace.linked else None, skeleton.PACKAGE),
    ):
        if source is not None:
            places.append(("--ro-bind", source, target))
    return [str(part) for place in places for part in place]
