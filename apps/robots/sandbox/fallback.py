"""A robot without bubblewrap: limits and a keeper for its process tree, but it sees what we see.

For machines that have no bubblewrap (macOS) and for containers that refuse namespaces. It holds in line what robots do
by mistake, not what they do on purpose.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Mapping, Sequence
from contextlib import suppress

from apps.robots.sandbox import guard
from apps.robots.sandbox.guardian.families import Family
from apps.robots.sandbox.limits import kernel_limits
from apps.robots.sandbox.policy import ResourceLimits
from apps.robots.sandbox.running import RunningProcess, readable


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
        """Start it; raises SandboxFailed when the guardian cannot. ``adoption=False`` does without on Linux too."""
        output, output_end = os.pipe()
        errors, errors_end = os.pipe()
        status, status_end = os.pipe()
        control_end, self._control = os.pipe()
        super().__init__(output, errors, status)
        request = {
            "kind": "kept",
            "arguments": list(command),
            "environment": dict(environment),
            "directory": directory,
            "limits": kernel_limits(limits),
            "processes": limits.processes,
            "no_adoption": not adoption,
        }
        handed_over = (output_end, errors_end, status_end, control_end)
        try:
            try:
                guard.order(request, handed_over)
            finally:
                for descriptor in handed_over:
                    os.close(descriptor)
            self._wait_for_start()
        except BaseException:
            self.close()
            raise

    def terminate(self) -> None:
        self._tell(b"T")

    def kill(self) -> None:
        self._tell(b"K")

    def wait_until_gone(self, seconds: float) -> bool:
        # The keeper ends after its family, and its status with it.
        return readable(self.status, seconds)

    def family(self) -> Family:
        return Family(self.keeper, adopting=sys.platform == "linux")

    def close(self) -> None:
        control, self._control = self._control, -1
        if control >= 0:
            os.close(control)
        super().close()

    def _tell(self, order: bytes) -> None:
        with suppress(OSError):
            os.write(self._control, order)
