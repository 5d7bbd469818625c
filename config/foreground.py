"""The processes of the Procfile, run together in the foreground: one ends, all end."""

from __future__ import annotations

import os
import signal
import threading

from honcho import manager
from honcho.environ import parse_procfile

RETRY_SECONDS = 0.2
manager.KILL_WAIT = 12  # seconds from TERM to KILL: a worker ends its robots and hands back what they were doing
STOPPED_BY = {128 + signal.SIGINT, 128 + signal.SIGTERM}


class Unattended(Exception):
    """A process ended that should have gone on."""


class Foreground(manager.Manager):  # type: ignore[misc]  # honcho has no types
    """honcho's manager, which also survives being stopped while it is still starting."""

    def __init__(self, procfile: str) -> None:
        super().__init__()
        for name, command in parse_procfile(procfile).processes.items():
            self.add_process(name, command, env=os.environ.copy())

    def run(self) -> int:
        """Return 0 after a stop that was asked for; raise Unattended when a process ended by itself."""
        self.loop()
        if self.returncode in STOPPED_BY:
            return 0
        ended = [name for name, process in self._processes.items() if process["returncode"] == self.returncode]
        raise Unattended(f"{ended[0]} ended with exit code {self.returncode}, so everything was stopped; see above.")

    def terminate(self) -> None:
        if self._all_started():
            super().terminate()
        else:
            again = threading.Timer(RETRY_SECONDS, self.terminate)
            again.daemon = True
            again.start()
