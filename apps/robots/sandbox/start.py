"""Starts a robot in the best way this machine offers."""

from __future__ import annotations

import uuid
from pathlib import Path

from apps.robots.sandbox.available import sandbox_for
from apps.robots.sandbox.bubblewrap import BubblewrapProcess
from apps.robots.sandbox.command import bubblewrap_options, shell_script
from apps.robots.sandbox.fallback import KeptProcess
from apps.robots.sandbox.guardian.families import MARKER
from apps.robots.sandbox.running import RunningProcess
from apps.robots.sandbox.spec import ProcessSpec


def start(spec: ProcessSpec) -> RunningProcess:
    """Start it in the sandbox its workspace was laid out for. Raises SandboxFailed when that is not possible now."""
    policy, ready = spec.workspace.frame.policy, spec.workspace.ready
    if ready is not None and (script := shell_script(spec)) is not None:
        ready.become(script)
        return ready
    if spec.workspace.sandboxed:
        executable = sandbox_for(policy).executable
        return BubblewrapProcess(executable, bubblewrap_options(spec), spec.arguments, policy.limits)
    environment = {**spec.environment, MARKER: uuid.uuid4().hex}
    directory = Path(spec.workspace.visible.work, spec.directory)
    return KeptProcess(spec.arguments, environment, str(directory), policy.limits)
