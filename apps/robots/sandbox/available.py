"""Whether robots can be put into bubblewrap on this machine, found out by doing it."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import threading
import time
from dataclasses import dataclass
from pathlib import Path

from apps.robots.errors import SandboxFailed, SandboxUnavailable
from apps.robots.sandbox import options
from apps.robots.sandbox.bubblewrap import BubblewrapProcess
from apps.robots.sandbox.guard import guard
from apps.robots.sandbox.namespaces import OUTSIDE_FROM, USERS
from apps.robots.sandbox.policy import ResourceLimits, SandboxMode, SandboxPolicy
from apps.robots.sandbox.running import readable

OLDEST = (0, 8)
_PROBE_SECONDS = 10.0


@dataclass(frozen=True, slots=True)
class Sandbox:
    """``available`` or the ``reason`` why not; ``own_users`` when robots get users of their own since we are root."""

    available: bool
    reason: str = ""
    executable: str = ""
    version: str = ""
    own_users: bool = False


_found: Sandbox | None = None
_lock = threading.Lock()


def sandbox_available(state: Path) -> Sandbox:
    """Try once per process: start a sandbox with everything a robot's has. ``state`` is the policy's directory."""
    global _found  # noqa: PLW0603  # a fact about the machine
    with _lock:
        if _found is None:
            _found = _look(state)
        return _found


def sandbox_for(policy: SandboxPolicy) -> Sandbox:
    """What this policy means here. Raises SandboxUnavailable, with the reason, when it insists on what is not there."""
    if policy.mode is SandboxMode.OFF:
        return Sandbox(available=False, reason="turned off")
    sandbox = sandbox_available(policy.state)
    if policy.mode is SandboxMode.REQUIRED and not sandbox.available:
        raise SandboxUnavailable(f"Robots must run in bubblewrap, but {sandbox.reason}.")
    return sandbox


def _look(state: Path) -> Sandbox:
    if not sys.platform.startswith("linux"):
        return Sandbox(available=False, reason="bubblewrap exists for Linux only")
    executable = shutil.which("bwrap")
    if executable is None:
        return Sandbox(available=False, reason="bubblewrap (bwrap) is not installed")
    version = _version(executable)
    if tuple(map(int, version.split(".")[:2])) < OLDEST:
        return Sandbox(available=False, reason=f"bubblewrap {version} is older than {'.'.join(map(str, OLDEST))}")
    if os.geteuid() == 0 and not guard().own_users:
        return Sandbox(available=False, reason=guard().refusal)
    problem = _try(executable, state)
    if problem:
        return Sandbox(available=False, reason=f"bubblewrap does not work here: {problem}", version=version)
    return Sandbox(available=True, executable=executable, version=version, own_users=os.geteuid() == 0)


def _version(executable: str) -> str:
    done = subprocess.run([executable, "--version"], capture_output=True, text=True, check=False, timeout=10)
    return done.stdout.strip().rpartition(" ")[2] or "0"


def _try(executable: str, state: Path) -> str:
    """What goes wrong, or nothing."""
    user = OUTSIDE_FROM + USERS - 1 if os.geteuid() == 0 else None
    wanted = [
        *options.namespaces(user=user, network=True),
        *options.system(state, readable=()),
        *options.devices(65_536),
        "--clearenv",
    ]
    try:
        process = BubblewrapProcess(executable, wanted, ["/bin/true"], ResourceLimits())
    except SandboxFailed as error:
        return str(error)
    try:
        process.let_go()
        return _outcome(process)
    except SandboxFailed as error:
        return str(error)
    finally:
        process.close()


def _outcome(process: BubblewrapProcess) -> str:
    deadline = time.monotonic() + _PROBE_SECONDS
    while process.read_status():
        if not readable(process.status, deadline - time.monotonic()):
            return f"no answer within {_PROBE_SECONDS:.0f} s"
    if process.exit_code == 0:
        return ""
    return process.said() or f"exit code {process.exit_code}"
