"""A robot without bubblewrap: limits and a keeper for its process tree, but it sees what we see.

For machines that have no bubblewrap (macOS) and for containers that refuse namespaces. It holds in line what robots do
by mistake, not what they do on purpose.
"""

from __future__ import annotations

import os
import sys
import time
from collections.abc import Mapping, Sequence
from contextlib import ExitStack, suppress

import psutil

from apps.robots.errors import SandboxFailed
from apps.robots.sandbox.guardian.families import MARKER, Family
from apps.robots.sandbox.limits import kernel_limits
from apps.robots.sandbox.policy import ResourceLimits
from apps.robots.sandbox.running import RunningProcess, pipe, readable


class KeptProcess(RunningProcess):
    """The tree of a keeper, which adopts daemons (Linux) or hunts them by their mark (macOS)."""

    def __init__(
        self,
        command: Sequence[str],
        environment: Mapping[str, str],
        directory: str,
        limits: ResourceLimits,
        *,
        adoption: bool = True,
    ) -> None:
        """Start it, up to the gate; raises SandboxFailed when the guardian cannot.

        ``adoption=False`` does without on Linux too.
        """
        with ExitStack() as opened:  # all or none, where descriptors run out
            output, output_end = pipe(opened)
            errors, errors_end = pipe(opened)
            status, status_end = pipe(opened)
            control_end, self._control = pipe(opened)
            gate_end, self._gate = pipe(opened)
            opened.pop_all()
        super().__init__(output, errors, status)
        self._mark = environment.get(MARKER, "")
        self._main: psutil.Process | None = None
        request = {
            "kind": "kept",
            "arguments": list(command),
            "environment": dict(environment),
            "directory": directory,
            "limits": kernel_limits(limits),
            "processes": limits.processes,
            "no_adoption": not adoption,
        }
        try:
            self._start(request, (output_end, errors_end, status_end, control_end, gate_end))
            with suppress(psutil.Error):
                self._main = psutil.Process(self.pid)
        except BaseException:
            self.close()
            raise

    def let_go(self) -> None:
        try:
            os.write(self._gate, b"G")
        except BrokenPipeError as error:
            raise SandboxFailed("the robot ended while it started") from error
        finally:
            self._close_gate()

    def _close_gate(self) -> None:
        gate, self._gate = self._gate, -1
        if gate >= 0:
            os.close(gate)

    def terminate(self) -> None:
        self._tell(b"T")

    def kill(self) -> None:
        self._tell(b"K")

    def wait_until_gone(self, seconds: float) -> bool:
        # The keeper ends after its family, and its status with it.
        deadline = time.monotonic() + seconds
        while self.read_status():
            if not readable(self.status, deadline - time.monotonic()):
                return False
        if self.exit_code is None and self.limit is None:
            self._hunt(deadline)
        return True

    def _hunt(self, deadline: float) -> None:
        """Somebody killed the keeper, perhaps the robot itself: do its work."""
        with suppress(psutil.Error):
            if self._main is not None:
                self._main.kill()
        Family(self.pid, adopting=False, mark=self._mark).kill(seconds=deadline - time.monotonic())

    def family(self) -> Family:
        return Family(self.keeper, adopting=sys.platform == "linux")

    def close(self) -> None:
        control, self._control = self._control, -1
        if control >= 0:
            os.close(control)
        self._close_gate()
        super().close()

    def _tell(self, order: bytes) -> None:
        with suppress(OSError):
            os.write(self._control, order)
