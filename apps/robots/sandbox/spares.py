"""Sandboxes that stand ready: built around empty places before anybody knows what will run in them.

Building one takes about as long as a small robot. Whoever has started a robot therefore has the next one's sandbox
built meanwhile, by a thread of its own. A spare is used for one run and never again, and holds nothing of any
organization. What its run brings comes when the run does: files into places that are shown already, command and
environment as the words that a shell in it waits for.
"""

from __future__ import annotations

import atexit
import os
import threading
from collections import deque
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import structlog

from apps.robots.errors import SandboxFailed, SandboxUnavailable
from apps.robots.sandbox.available import sandbox_for
from apps.robots.sandbox.bubblewrap import ReadyProcess
from apps.robots.sandbox.command import ready_options, shell_is_known
from apps.robots.sandbox.frame import Frame
from apps.robots.sandbox.policy import SandboxPolicy
from apps.robots.sandbox.workspace import Workspace, empty_workspace, filled, needs_links, open_workspace

logger = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class Spare:
    """A sandbox, and the places around which it was built."""

    state: tuple[Any, ...]
    workspace: Workspace
    process: ReadyProcess
    places: ExitStack


@dataclass
class Spares:
    """The spares of one process, the oldest first."""

    _standing: deque[Spare] = field(default_factory=deque)
    _wanted: deque[Frame] = field(default_factory=deque)
    _changed: threading.Condition = field(default_factory=threading.Condition)
    _running: bool = False
    _closed: bool = False

    @property
    def standing(self) -> list[Spare]:
        """Those that stand, the oldest first."""
        with self._changed:
            return list(self._standing)

    def take(self, frame: Frame) -> Spare | None:
        """One that was built as it would be built now, and that still stands. It is the caller's then."""
        try:
            state = frame.state()
        except FileNotFoundError:
            return None  # who builds one meets what is missing, and says so
        while True:
            with self._changed:
                found = next((spare for spare in self._standing if spare.state == state), None)
                if found is None:
                    return None
                self._standing.remove(found)
            if found.process.stands:
                return found
            found.places.close()  # it died with its guardian

    def replace(self, frame: Frame) -> None:
        """Has another one made soon. Of more than may stand the oldest wish goes: it would be made to be removed."""
        with self._changed:
            self._wanted.append(frame)
            while len(self._wanted) > frame.policy.spares:
                self._wanted.popleft()
            self._changed.notify_all()
            if not self._running:
                threading.Thread(target=self._run, name="spares", daemon=True).start()
                self._running = True

    def make(self, frame: Frame) -> None:
        """Builds one; of too many the oldest goes. Raises SandboxFailed, SandboxUnavailable, FileNotFoundError."""
        spare = _built(frame)
        with self._changed:
            self._standing.append(spare)
            most = 0 if self._closed else frame.policy.spares
            superfluous = [self._standing.popleft() for _number in range(len(self._standing) - most)]
        for old in superfluous:
            old.places.close()

    def sweep(self) -> None:
        """Removes those that stand no more, or outlived their guardian: nobody would see to their end."""
        with self._changed:
            fallen = [spare for spare in self._standing if not spare.process.stands]
            for spare in fallen:
                self._standing.remove(spare)
        for spare in fallen:
            spare.places.close()

    def close(self) -> None:
        """Removes all; no more are kept."""
        with self._changed:
            self._closed = True
            spares = list(self._standing)
            self._standing.clear()
        for spare in spares:
            spare.places.close()

    def forget(self) -> None:
        """After a fork: what stands is the parent's, and its end too. Threads are left behind; nothing is closed."""
        self.__init__()  # type: ignore[misc]  # its lock may be held by a thread that is no more

    def _run(self) -> None:
        while True:
            with self._changed:
                self._changed.wait_for(lambda: self._wanted)
                frame = self._wanted.popleft()
            try:
                self.make(frame)
            except (SandboxFailed, SandboxUnavailable, OSError) as error:
                logger.warning("spare_not_made", error=str(error))  # who needs it builds it, and is told
            except Exception:  # without this thread there would be none any more
                logger.exception("spare_failed")


def _built(frame: Frame) -> Spare:
    with ExitStack() as places:
        state = frame.state()
        workspace = places.enter_context(empty_workspace(frame, "spare"))
        executable = sandbox_for(frame.policy).executable
        process = ReadyProcess(executable, ready_options(workspace), frame.policy.limits)
        places.callback(process.close)
        return Spare(state, workspace, process, places.pop_all())


kept = Spares()
atexit.register(kept.close)
os.register_at_fork(after_in_child=kept.forget)


@contextmanager
def workspace_for_run(
    frame: Frame, identifier: str, *, package: Path | None = None, parameters: Mapping[str, Any] | None = None
) -> Iterator[Workspace]:
    """The places of a run, as ``open_workspace`` lays them out, in a sandbox that stands ready where one does."""
    spare = kept.take(frame) if _may_be_ready(frame.policy, package) else None
    if spare is None:
        with open_workspace(frame, identifier, package=package, parameters=parameters) as workspace:
            yield workspace
    else:
        with spare.places:
            yield replace(filled(spare.workspace, package=package, parameters=parameters or {}), ready=spare.process)


def spares_sweep(_seconds: float) -> None:
    """Looks after the spares of this process, with each beat of its heart."""
    kept.sweep()


def make_ready(workspace: Workspace) -> None:
    """Has a sandbox like this robot's made ready, for the next one of its kind."""
    if workspace.sandboxed and _may_be_ready(workspace.frame.policy, workspace.package):
        kept.replace(workspace.frame)


def _may_be_ready(policy: SandboxPolicy, package: Path | None) -> bool:
    """Large files are shown from the package itself, which must be known when the sandbox is built."""
    return policy.spares > 0 and shell_is_known() and not (package is not None and needs_links(package))
