"""Robots for tests: run for real, with a sink that remembers."""

from __future__ import annotations

import sys
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path

from apps.robots.packages.environment import PythonRuntime, base_python
from apps.robots.sandbox import spares
from apps.robots.sandbox.frame import Frame
from apps.robots.sandbox.policy import ResourceLimits, SandboxMode, SandboxPolicy
from apps.robots.sandbox.spares import workspace_for_run
from apps.robots.sandbox.spec import ProcessSpec
from apps.robots.sandbox.workspace import Visible, Workspace
from apps.robots.supervision.control import Control
from apps.robots.supervision.process import Supervision, supervise
from apps.robots.supervision.records import ExitReport, LogLine, Progress

BARE = PythonRuntime(base_python(), (Path(sys.base_prefix), base_python().resolve().parent.parent))
PYTHON = str(BARE.python)


@dataclass
class Recorder:
    """A sink that keeps everything."""

    lines: list[LogLine] = field(default_factory=list)
    batches: list[int] = field(default_factory=list)
    gaps: list[tuple[int, int, str]] = field(default_factory=list)
    progresses: list[Progress] = field(default_factory=list)
    artifacts: list[str] = field(default_factory=list)

    def write(self, lines: Sequence[LogLine]) -> None:
        self.lines += lines
        self.batches.append(len(lines))

    def gap(self, first_seq: int, last_seq: int, reason: str) -> None:
        self.gaps.append((first_seq, last_seq, reason))

    def progress(self, progress: Progress) -> None:
        self.progresses.append(progress)

    @property
    def messages(self) -> list[str]:
        return [line.message for line in self.lines]

    @property
    def text(self) -> str:
        return "\n".join(self.messages)


@dataclass
class Runner:
    """Runs Python sources as robots under one policy."""

    policy: SandboxPolicy
    recorder: Recorder = field(default_factory=Recorder)
    control: Control = field(default_factory=Control)
    workspace: Workspace | None = None

    def frame(self, environment: Path | None = None, module: Path | None = None) -> Frame:
        """Of a robot that brings no more than these."""
        return Frame(self.policy, environment, module, BARE.readable)

    def run(
        self,
        source: str,
        *arguments: str,
        supervision: Supervision | None = None,
        environment: Mapping[str, str] | None = None,
    ) -> ExitReport:
        return self.run_command(
            PYTHON, "-u", "-c", source, *arguments, supervision=supervision, environment=environment
        )

    def run_command(
        self,
        *command: str,
        supervision: Supervision | None = None,
        environment: Mapping[str, str] | None = None,
    ) -> ExitReport:
        """``{work}``, ``{tmp}`` and ``{artifacts}`` in values of the environment become the robot's paths."""
        if self.policy.spares:
            spares.kept.make(self.frame())
        with workspace_for_run(self.frame(), "run") as workspace:
            self.workspace = workspace
            spec = ProcessSpec(
                arguments=command,
                workspace=workspace,
                environment={"PATH": "/usr/bin:/bin", **self._with_paths(environment or {}, workspace.visible)},
            )
            try:
                return supervise(spec, sink=self.recorder, control=self.control, supervision=supervision)
            finally:
                self.recorder.artifacts = sorted(path.name for path in workspace.artifacts.iterdir())

    @staticmethod
    def _with_paths(environment: Mapping[str, str], visible: Visible) -> dict[str, str]:
        paths = {"{work}": visible.work, "{tmp}": visible.temporary, "{artifacts}": visible.artifacts}
        return {name: paths.get(value, value) for name, value in environment.items()}

    def in_background(
        self, source: str, *, supervision: Supervision | None = None, environment: Mapping[str, str] | None = None
    ) -> Background:
        """Start and go on; the test says when to end."""
        return Background(lambda: self.run(source, supervision=supervision, environment=environment))

    def saw(self, text: str) -> bool:
        return any(text in message for message in self.recorder.messages)


class Background:
    """A robot whose supervisor has a thread of its own."""

    def __init__(self, run: Callable[[], ExitReport]) -> None:
        self._pool = ThreadPoolExecutor(1)
        self._future = self._pool.submit(run)
        self._pool.shutdown(wait=False)

    @property
    def done(self) -> bool:
        return self._future.done()

    def report(self, seconds: float = 15) -> ExitReport:
        return self._future.result(seconds)


def runner(
    state: Path, mode: SandboxMode = SandboxMode.REQUIRED, limits: ResourceLimits | None = None, *, spares: int = 0
) -> Runner:
    """With ``spares`` each robot starts in a sandbox that stands ready for it."""
    return Runner(SandboxPolicy(state=state, mode=mode, limits=limits or ResourceLimits(), spares=spares))
