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

from apps.common.threads import forever
from apps.robots.errors import SandboxFailed, SandboxUnavailable
from apps.robots.sandbox.available import sandbox_for
from apps.robots.sandbox.bubblewrap import ReadyProcess
from apps.robots.sandbox.command import ready_options, shell_is_known
from apps.robots.sandbox.frame import Frame
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
class _Stock:
    """What stands in this process and what is wanted, the oldest first, and whether a thread makes it."""

    standing: deque[Spare] = field(default_factory=deque)
    wanted: deque[Frame] = field(default_factory=deque)
    changed: threading.Condition = field(default_factory=threading.Condition)
    running: bool = False
    closed: bool = False

    def trim(self, those: deque[Any], frame: Frame) -> list[Any]:
        """Takes the oldest away where there are more than may stand of what is built so, and returns them."""
        most = 0 if self.closed else frame.policy.spares
        return [those.popleft() for _number in range(len(those) - most)]


class Spares:
    """The spares of one process."""

    def __init__(self) -> None:
        self._own = _Stock()

    @property
    def standing(self) -> list[Spare]:
        """Those that stand, the oldest first."""
        with self._own.changed:
            return list(self._own.standing)

    def take(self, frame: Frame) -> Spare | None:
        """One that was built as it would be built now, and that still stands. It is the caller's then."""
        own = self._own
        try:
            state = frame.state() if self.standing else None
        except FileNotFoundError:
            return None  # who builds one meets what is missing, and says so
        while True:
            with own.changed:
                found = next((spare for spare in own.standing if spare.state == state), None)
                if found is None:
                    return None
                own.standing.remove(found)
            if found.process.stands:
                return found
            found.places.close()  # it died with its guardian

    def replace(self, frame: Frame) -> None:
        """Has another one made soon. Of more than may stand the oldest wish goes: it would be made to be removed."""
        own = self._own
        with own.changed:
            own.wanted.append(frame)
            own.trim(own.wanted, frame)
            own.changed.notify_all()
            if own.wanted and not own.running:
                threading.Thread(target=forever, args=[self._make_next], name="spares", daemon=True).start()
                own.running = True

    def make(self, frame: Frame) -> None:
        """Builds one; of too many the oldest goes. Raises SandboxFailed, SandboxUnavailable, FileNotFoundError."""
        own, spare = self._own, _built(frame)
        with own.changed:
            own.standing.append(spare)
            removed = own.trim(own.standing, frame)
        for old in removed:
            old.places.close()

    def sweep(self) -> None:
        """Removes those that stand no more, or outlived their guardian: nobody would see to their end."""
        own = self._own
        with own.changed:
            fallen = [spare for spare in own.standing if not spare.process.stands]
            for spare in fallen:
                own.standing.remove(spare)
        for spare in fallen:
            spare.places.close()

    def close(self) -> None:
        """Removes all; no more are kept."""
        own = self._own
        with own.changed:
            own.closed = True
            spares = list(own.standing)
            own.standing.clear()
        for spare in spares:
            spare.places.close()

    def forget(self) -> None:
        """After a fork: what stands is the parent's, and its end too; its threads and held locks are left behind."""
        self._own = _Stock()

    def _make_next(self) -> None:
        own = self._own
        with own.changed:
            own.changed.wait_for(lambda: own.wanted)
            frame = own.wanted.popleft()
        try:
            self.make(frame)
        except (SandboxFailed, SandboxUnavailable, OSError) as error:
            logger.warning("spare_not_made", error=str(error))  # who needs it builds it, and is told


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
    spare = kept.take(frame) if _may_be_ready(frame, package) else None
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
    if workspace.sandboxed and _may_be_ready(workspace.frame, workspace.package):
        kept.replace(workspace.frame)


def _may_be_ready(frame: Frame, package: Path | None) -> bool:
    """Large files are shown from the package itself, which must be known when the sandbox is built."""
    if frame.policy.spares == 0 or not shell_is_known():
        return False
    return package is None or not needs_links(package)
