"""The command line of a robot in bubblewrap.

Values of the environment and all paths travel in bubblewrap's options, which are read from a descriptor; only the
robot's own command is an argument that other processes could see.
"""

from __future__ import annotations

from itertools import chain

from apps.robots.sandbox import options, skeleton
from apps.robots.sandbox.spec import ProcessSpec
from apps.robots.sandbox.workspace import Workspace


def bubblewrap_options(spec: ProcessSpec) -> list[str]:
    """Everything but the command itself."""
    policy, workspace = spec.policy, spec.workspace
    readable = (*spec.readable, *policy.readable)
    environment = chain.from_iterable(("--setenv", name, value) for name, value in spec.environment.items())
    return [
        *options.namespaces(user=workspace.user, network=policy.network),
        *options.system(policy.state, readable=readable),
        *_places(workspace),
        *options.extras(readable=readable, hidden=policy.hidden),
        *options.devices(policy.limits.shared_memory_bytes),
        "--chdir",
        f"{skeleton.WORK}/{spec.directory}".rstrip("/"),
        "--clearenv",
        *environment,
    ]


def _places(workspace: Workspace) -> list[str]:
    places = [
        ("--bind", workspace.work, skeleton.WORK),
        ("--bind", workspace.temporary, skeleton.TEMPORARY),
        ("--bind", workspace.artifacts, skeleton.ARTIFACTS),
        ("--ro-bind", workspace.parameters, skeleton.PARAMETERS),
    ]
    for source, target in (
        (workspace.environment, skeleton.ENVIRONMENT),
        (workspace.module, skeleton.LIBRARY_MODULE),
        (workspace.package if workspace.linked else None, skeleton.PACKAGE),
    ):
        if source is not None:
            places.append(("--ro-bind", source, target))
    return [str(part) for place in places for part in place]
