"""Starts where a process runs out of descriptors: they fail, and lose it no more of them."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from config.env import BASE_DIR

_PROGRAM = """
import os, resource, sys
from pathlib import Path
from apps.robots.sandbox.available import sandbox_for
from apps.robots.sandbox.bubblewrap import BubblewrapProcess, ReadyProcess
from apps.robots.sandbox.command import ready_options
from apps.robots.sandbox.fallback import KeptProcess
from apps.robots.sandbox.frame import Frame
from apps.robots.sandbox.policy import SandboxPolicy
from apps.robots.sandbox.workspace import open_workspace
policy, refused = SandboxPolicy(state=Path(sys.argv[2])), 0
with open_workspace(Frame(policy), "one") as workspace:
    executable, options = sandbox_for(policy).executable, ready_options(workspace)
    start = {
        "alone": lambda: BubblewrapProcess(executable, options, ["/bin/true"], policy.limits),
        "ready": lambda: ReadyProcess(executable, options, policy.limits),
        "kept": lambda: KeptProcess(["/bin/true"], {}, "/", policy.limits),
    }[sys.argv[1]]
    start().close()
    before, (soft, hard) = os.listdir("/proc/self/fd"), resource.getrlimit(resource.RLIMIT_NOFILE)
    for room in range(12):
        resource.setrlimit(resource.RLIMIT_NOFILE, (len(before) - 1 + room, hard))
        try:
            start().close()
        except OSError:
            refused += 1
        resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))
    print(refused, len(os.listdir("/proc/self/fd")) - len(before))
"""


@pytest.mark.usefixtures("sandboxed")
@pytest.mark.parametrize("kind", ["alone", "ready", "kept"])
def test_none_are_left_open(tmp_path: Path, kind: str) -> None:
    done = subprocess.run(
        [sys.executable, "-c", _PROGRAM, kind, str(tmp_path)],
        cwd=BASE_DIR,
        capture_output=True,
        text=True,
        check=True,
        timeout=60,
    )
    refused, lost = map(int, done.stdout.split())
    assert refused > 8
    assert lost == 0
