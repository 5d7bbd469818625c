"""A started robot as its supervisor sees it, whatever it runs in."""

from __future__ import annotations

import json
import os
import select
import time
from abc import ABC, abstractmethod
from collections.abc import Sequence
from contextlib import ExitStack, suppress
from typing import Any

from apps.robots.errors import SandboxFailed
from apps.robots.sandbox import guard
from apps.robots.sandbox.guardian.families import Family

_START_SECONDS = 20.0


def readable(descriptor: int, seconds: float) -> bool:
    """Whether there is something to read, or an end, within this time. Unlike select, for any descriptor."""
    poll = select.poll()
    poll.register(descriptor, select.POLLIN)
    return bool(poll.poll(max(0.0, seconds) * 1000))


def pipe(opened: ExitStack) -> tuple[int, int]:
    """The ends of a new pipe to read from and to write to; what is opened after it and fails closes both."""
    ends = os.pipe()
    for end in ends:
        opened.callback(os.close, end)
    return ends


class RunningProcess(ABC):
    """Three pipes and a handle on the whole process tree, which waits at a gate until it is let go.

    ``output`` and ``errors`` are read by the supervisor, ``status`` becomes readable when there is something for
    ``read_status``; it ends when the main process and, a moment later, everything it started are gone.
    """

    def __init__(self, output: int, errors: int, status: int) -> None:
        self.output, self.errors, self.status = output, errors, status
        self.pid = self.keeper = 0
        self.exit_code: int | None = None
        self.limit: str | None = None
        self._failure: str | None = None
        self._unread = b""
        self._closed = False
        for descriptor in (output, errors, status):
            os.set_blocking(descriptor, False)

    @abstractmethod
    def let_go(self) -> None:
        """Open the gate: from here on the robot does what it does. Raises SandboxFailed when it has ended before."""

    @abstractmethod
    def terminate(self) -> None:
        """Ask every process of the tree to end."""

    @abstractmethod
    def kill(self) -> None:
        """End every process of the tree. May be called from any thread and more than once."""

    @abstractmethod
    def wait_until_gone(self, seconds: float) -> bool:
        """After the end of ``status``: whether the last process of the tree is gone within this time."""

    @abstractmethod
    def family(self) -> Family:
        """The processes of the robot, to be measured."""

    def close(self) -> None:
        """Close the pipes, once: the numbers belong to others afterwards. What still runs is killed."""
        closed, self._closed = self._closed, True
        if not closed:
            for descriptor in (self.output, self.errors, self.status):
                os.close(descriptor)

    def read_status(self) -> bool:
        """Take in what is there; False once the pipe has ended."""
        try:
            while part := os.read(self.status, 4096):
                self._unread += part
        except BlockingIOError:
            return True
        finally:
            *lines, self._unread = self._unread.split(b"\n")
            for line in lines:
                self._learn(json.loads(line))
        return False

    def _learn(self, message: dict[str, Any]) -> None:
        self.pid = message.get("child-pid", self.pid)
        self.keeper = message.get("keeper-pid", self.keeper)
        self.exit_code = message.get("exit-code", self.exit_code)
        self.limit = message.get("limit", self.limit)
        self._failure = message.get("error", self._failure)

    def _start(self, request: dict[str, Any], handed_over: Sequence[int]) -> None:
        """Have the guardian start it with these descriptors, which are its own from now on.

        Waits until the process id is known. Raises SandboxFailed with the reason when nothing starts.
        """
        try:
            guard.order(request, handed_over)
        finally:
            for descriptor in handed_over:
                os.close(descriptor)
        deadline = time.monotonic() + _START_SECONDS
        while not self.pid:
            if not readable(self.status, deadline - time.monotonic()):
                raise SandboxFailed(f"the sandbox did not start within {_START_SECONDS:.0f} s")
            if not self.read_status() and not self.pid:
                raise SandboxFailed(self._failure or self.said() or "the sandbox ended before it started")

    def said(self) -> str:
        """The first words on its error output, not taken by anybody else."""
        with suppress(BlockingIOError):
            return os.read(self.errors, 4096).decode(errors="replace").strip()
        return ""
