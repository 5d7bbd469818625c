"""The fence: ends the work of a worker whose leases may have run out, whatever keeps its heart from hearing of it.

It asks nobody. A worker that is cut off from PostgreSQL, or whose heart waits for an answer that does not come, cannot
know whether others have its work already; so it kills its robots before that can be.
"""

from __future__ import annotations

import threading
from collections.abc import Callable

import structlog

from apps.executions.lease import SAFETY, Lease

logger = structlog.get_logger(__name__)
LOOKS = 4  # within the time between the holder's end of a lease and PostgreSQL's


class Fence(threading.Thread):
    """One per worker process, beside its heart."""

    def __init__(self, leases: Callable[[], list[Lease]], *, lease_seconds: float) -> None:
        super().__init__(name="fence", daemon=True)
        self._leases = leases
        self._pause = lease_seconds * SAFETY / LOOKS
        self._ended = threading.Event()

    def run(self) -> None:
        while not self._ended.wait(self._pause):
            try:
                self.look()
            except Exception:  # without this thread robots could go on under leases of others
                logger.exception("fence_failed")

    def stop(self) -> None:
        """Ends the thread after its current look."""
        self._ended.set()

    def look(self) -> None:
        """Takes the leases away that were not renewed in time."""
        late = [lease for lease in self._leases() if lease.is_lost and not lease.control.lost.is_set()]
        for lease in late:
            lease.control.lost.set()
        for lease in late:
            logger.warning("lease_not_renewed", execution_id=str(lease.execution_id))
