"""A robot in bubblewrap, started through the guardian.

The start has two steps. bubblewrap reports its child, which then builds the sandbox and waits at the gate: a pipe from
which it reads its system call filter. Meanwhile the child gets its limits, and its start is recorded. If we die before
the gate is open, the pipe ends empty, the kernel refuses an empty filter, and nothing runs.
"""

from __future__ import annotations

import os
import signal
import threading
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager, suppress

from apps.robots.errors import SandboxFailed
from apps.robots.sandbox import guard, seccomp
from apps.robots.sandbox.guardian.families import Family
from apps.robots.sandbox.guardian.program import ARGUMENTS, GATE, STATUS
from apps.robots.sandbox.limits import limit_process
from apps.robots.sandbox.policy import ResourceLimits
from apps.robots.sandbox.running import RunningProcess, pipe, readable

SHELL = "/bin/sh"


class BubblewrapProcess(RunningProcess):
    """The tree is a pid namespace: it has no way out, and its end is the end of all in it."""

    def __init__(
        self,
        executable: str,
        options: Sequence[str],
        command: Sequence[str],
        limits: ResourceLimits,
    ) -> None:
        """Start it, up to the gate. Options travel in a file without name, so that no list of processes shows them.

        Raises SandboxFailed with bubblewrap's words when the sandbox cannot be set up.
        """
        with ExitStack() as opened:  # all or none: a process that runs out of descriptors must not lose more of them
            output, output_end = pipe(opened)
            errors, errors_end = pipe(opened)
            status, status_end = pipe(opened)
            gate_end, self._gate = pipe(opened)
            arguments = _file_of("\0".join([*options, ""]), opened)
            # The guardian tells the third when it cannot start this.
            places = {1: output_end, 2: errors_end, STATUS: status_end, ARGUMENTS: arguments, GATE: gate_end}
            places[0] = self._input(opened)
            opened.pop_all()
        super().__init__(output, errors, status)
        self._handle = -1
        self._handle_lock = threading.Lock()
        started = [executable, "--args", str(ARGUMENTS), "--", *command]
        try:
            self._start({"kind": "sandbox", "arguments": started, "places": [*places]}, [*places.values()])
            with self._not_ended():
                self._handle = os.pidfd_open(self.pid)
                limit_process(self.pid, limits)
        except BaseException:
            self.close()
            raise

    def _input(self, opened: ExitStack) -> int:
        """What the command reads from: nothing."""
        descriptor = os.open(os.devnull, os.O_RDONLY | os.O_CLOEXEC)
        opened.callback(os.close, descriptor)
        return descriptor

    def let_go(self) -> None:
        with self._not_ended():
            os.write(self._gate, seccomp.program())
        self._close_gate()

    @contextmanager
    def _not_ended(self) -> Iterator[None]:
        try:
            yield
        except (ProcessLookupError, BrokenPipeError) as error:
            raise SandboxFailed(self.said() or "the sandbox ended while it started") from error

    def _close_gate(self) -> None:
        gate, self._gate = self._gate, -1
        if gate >= 0:
            os.close(gate)

    def terminate(self) -> None:
        # The first process of the namespace is bubblewrap's own and ignores it.
        family = self.family()
        family.signal(signal.SIGTERM, family.members())

    def kill(self) -> None:
        with self._handle_lock, suppress(ProcessLookupError):
            if self._handle >= 0:
                signal.pidfd_send_signal(self._handle, signal.SIGKILL)

    def wait_until_gone(self, seconds: float) -> bool:
        # The kernel ends a namespace's first process only after all others in it.
        self.kill()
        return self._handle < 0 or readable(self._handle, seconds)

    def family(self) -> Family:
        return Family(self.pid, adopting=True)

    def close(self) -> None:
        self.kill()
        with self._handle_lock:
            if self._handle >= 0:
                os.close(self._handle)
            self._handle = -1
        self._close_gate()
        super().close()


class ReadyProcess(BubblewrapProcess):
    """A sandbox whose robot is not known yet: behind its gate a shell waits to be told what it shall become.

    If we die before that, the shell reads an end, and ends.
    """

    def __init__(self, executable: str, options: Sequence[str], limits: ResourceLimits) -> None:
        """Start it, up to the shell; raises SandboxFailed."""
        self._guard = guard.guard()
        self._script = ""
        super().__init__(executable, options, [SHELL], limits)
        try:
            super().let_go()
        except SandboxFailed:
            self.close()
            raise

    def _input(self, opened: ExitStack) -> int:
        said, self._say = pipe(opened)
        return said

    def become(self, script: str) -> None:
        """What the shell will be told when the robot is let go."""
        self._script = script

    def let_go(self) -> None:
        with self._not_ended(), os.fdopen(self._say, "wb", closefd=False) as shell:
            shell.write(self._script.encode("utf-8", "surrogateescape"))
        self._hush()

    @property
    def stands(self) -> bool:
        """Whether it still waits, with a guardian who would see to its end."""
        with self._handle_lock:
            return self._guard.is_alive and self._handle >= 0 and not readable(self._handle, 0)

    def _hush(self) -> None:
        say, self._say = self._say, -1
        if say >= 0:
            os.close(say)

    def close(self) -> None:
        super().close()
        self._hush()


def _file_of(text: str, opened: ExitStack) -> int:
    descriptor = os.memfd_create("options", os.MFD_CLOEXEC)
    opened.callback(os.close, descriptor)
    with os.fdopen(descriptor, "wb", closefd=False) as file:
        file.write(text.encode("utf-8", "surrogateescape"))
    os.lseek(descriptor, 0, os.SEEK_SET)
    return descriptor
