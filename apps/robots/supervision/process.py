"""Starts a robot, carries its lines away, and sees to its end: by itself, by wish, by time or by limit."""

from __future__ import annotations

import math
import os
import re
import selectors
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime

from apps.robots.sandbox.running import RunningProcess
from apps.robots.sandbox.spares import make_ready
from apps.robots.sandbox.spec import ProcessSpec
from apps.robots.sandbox.start import start
from apps.robots.supervision.control import Control
from apps.robots.supervision.lines import LineDecoder
from apps.robots.supervision.log import Batches, Log, LogLimits
from apps.robots.supervision.records import Ending, ExitReport, LogSink, Stream
from apps.robots.supervision.usage import UsageWatch

_READ_BYTES = 64 * 1024
_LOOK_SECONDS = 0.05  # how late a wish may be noticed
_GONE_SECONDS = 10.0
_UNKILLABLE_SECONDS = 30.0
_SILENCE_SECONDS = 2.0
_BWRAP = "bwrap: "
_SHELL = re.compile(r"/bin/sh: \d+: (?:cd|exec): (.+)")


@dataclass(frozen=True, slots=True, kw_only=True)
class Supervision:
    """How closely to watch; times in seconds. ``timeout`` None means no end by time."""

    timeout: float | None = None
    grace: float = 5.0
    first_seq: int = 1
    log: LogLimits = field(default_factory=LogLimits)
    batches: Batches = field(default_factory=Batches)
    usage_seconds: float = 0.5
    on_start: Callable[[int, datetime], None] | None = None
    on_end: Callable[[], None] | None = None


def supervise(
    spec: ProcessSpec, *, sink: LogSink, control: Control, supervision: Supervision | None = None
) -> ExitReport:
    """Run a robot to its end, in this thread, and say how it ended. When it returns, no process of it is alive.

    Lines and progress go to ``sink`` while it runs; what the sink raises ends the robot and is passed on. A sink that
    blocks holds up everything but ``control.lose()``, after which nothing more is written. ``supervision.on_start`` is
    told the process id and the time of the start, before the robot does anything: if it raises, or the run is lost
    meanwhile, nothing has happened. ``supervision.on_end`` is told when no process is left and all it said has been
    read; what remains to be written is written after that. Raises SandboxFailed when the robot could not be started.
    """
    process = start(spec)
    try:
        control.attach(process.kill)
        return _Supervisor(process, spec, sink, control, supervision or Supervision()).run()
    finally:
        control.detach()
        _end(process)


def _end(process: RunningProcess) -> None:
    """Whatever happened, leave nobody behind."""
    process.kill()
    process.wait_until_gone(_GONE_SECONDS)
    process.close()


class _Supervisor:
    def __init__(
        self, process: RunningProcess, spec: ProcessSpec, sink: LogSink, control: Control, supervision: Supervision
    ) -> None:
        self._process, self._spec, self._control, self._supervision = process, spec, control, supervision
        self._started_at = datetime.now(UTC)
        self._began = math.inf
        self._log = Log(
            sink,
            limits=supervision.log,
            batches=supervision.batches,
            first_seq=supervision.first_seq,
            clock=time.monotonic,
            silenced=control.lost.is_set,
        )
        self._watch = UsageWatch(
            spec.workspace,
            spec.workspace.frame.policy.limits,
            process.family(),
            seconds=supervision.usage_seconds,
            clock=time.monotonic,
        )
        self._streams = {process.output: Stream.STDOUT, process.errors: Stream.STDERR}
        self._decoders = {descriptor: LineDecoder() for descriptor in self._streams}
        self._selector = selectors.DefaultSelector()
        for descriptor in (process.output, process.errors, process.status):
            self._selector.register(descriptor, selectors.EVENT_READ)
        self._reason: Ending | None = None
        self._problem = ""
        self._kill_at: float | None = None
        self._running = True

    def run(self) -> ExitReport:
        if self._supervision.on_start is not None:
            self._supervision.on_start(self._process.pid, self._started_at)
        self._began = time.monotonic()
        if not self._control.lost.is_set():
            self._process.let_go()
            make_ready(self._spec.workspace)
        with self._selector:
            while self._running:
                self._wait()
                self._consider()
            self._drain()
        if self._supervision.on_end is not None:
            self._supervision.on_end()
        self._log.finish()
        return self._report()

    def _wait(self) -> None:
        """Read what is there, for a moment at most."""
        due = self._log.next_flush()
        pause = _LOOK_SECONDS if due is None else min(max(due - time.monotonic(), 0.0), _LOOK_SECONDS)
        for key, _events in self._selector.select(pause):
            if key.fd == self._process.status:
                if not self._process.read_status():
                    self._selector.unregister(key.fd)
                    self._running = False
            else:
                self._read(key.fd)

    def _read(self, descriptor: int) -> None:
        """Take a piece from a stream that is ready."""
        data = os.read(descriptor, _READ_BYTES)
        decoder = self._decoders[descriptor]
        lines = decoder.feed(data) if data else decoder.finish()
        if lines:
            self._log.take(lines, self._streams[descriptor])
        if not data:
            self._selector.unregister(descriptor)

    def _consider(self) -> None:
        """Look whether it has to end now."""
        now = time.monotonic()
        if self._control.lost.is_set():
            self._reason = Ending.LOST
            self._kill_at = min(self._kill_at or now, now)
        elif self._kill_at is None:
            self._look_for_reasons(now)
        if self._kill_at is not None and now >= self._kill_at:
            self._process.kill()
            self._running = self._running and now < self._kill_at + _UNKILLABLE_SECONDS
        self._log.flush_if_due()

    def _look_for_reasons(self, now: float) -> None:
        if self._control.cancelled.is_set():
            self._ask_to_end(Ending.CANCELLED, "Cancelled", now)
        elif self._supervision.timeout is not None and now >= self._began + self._supervision.timeout:
            self._ask_to_end(Ending.TIMEOUT, "TIMEOUT", now)
        elif problem := self._watch.look_if_due():
            self._reason, self._problem, self._kill_at = Ending.LIMIT, problem, now

    def _ask_to_end(self, reason: Ending, message: str, now: float) -> None:
        self._reason, self._problem = reason, message
        self._kill_at = now + self._supervision.grace
        self._process.terminate()

    def _drain(self) -> None:
        """All writers are dead: what is left in the pipes is all there will ever be."""
        self._process.wait_until_gone(_GONE_SECONDS)
        silence = 0.0
        while self._selector.get_map() and silence < _SILENCE_SECONDS and not self._control.lost.is_set():
            ready = self._selector.select(_LOOK_SECONDS)
            silence = 0.0 if ready else silence + _LOOK_SECONDS
            for key, _events in ready:
                self._read(key.fd)
        for decoder, stream in zip(self._decoders.values(), self._streams.values(), strict=True):
            if rest := decoder.finish():
                self._log.take(rest, stream)
        if self._control.lost.is_set():
            self._reason = Ending.LOST

    def _report(self) -> ExitReport:
        if self._reason is None:
            self._judge()
        return ExitReport(
            reason=self._reason or Ending.EXITED,
            exit_code=self._process.exit_code,
            error_message=self._problem,
            pid=self._process.pid,
            started_at=self._started_at,
            finished_at=datetime.now(UTC),
            last_seq=self._log.last_seq,
            truncated=self._log.truncated,
            last_lines=self._log.last_lines,
        )

    def _judge(self) -> None:
        """It ended by itself: well, badly, or over a limit that only shows now."""
        code = self._process.exit_code
        problem = self._watch.too_many_processes() if self._process.limit else self._watch.disk()
        if problem:
            self._reason, self._problem = Ending.LIMIT, problem
            return
        self._reason = Ending.EXITED
        if code is None:
            self._problem = self._why_not_started()
        elif code:
            self._problem = self._refused_by_shell() or f"Process returned exit code {code}"

    def _why_not_started(self) -> str:
        said = (line for line in reversed(self._log.last_lines) if line.startswith(_BWRAP))
        return next((f"Could not start: {line[len(_BWRAP) :]}" for line in said), "The sandbox ended without a result")

    def _refused_by_shell(self) -> str:
        """What the shell of a sandbox that stood ready said when it could not become the robot, if that was its end."""
        last = self._log.last_lines[-1] if self._spec.workspace.ready and self._log.last_lines else ""
        said = _SHELL.fullmatch(last)
        return f"Could not start: {said[1]}" if said else ""
