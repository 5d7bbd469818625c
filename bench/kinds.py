"""The work that does nothing; a worker learns it by ``--include bench.kinds``."""

from __future__ import annotations

from datetime import datetime

from apps.common.actor import Actor
from apps.executions.lease import Lease, Outcome
from apps.executions.models import Execution, Status
from apps.executions.registry import register

NOTHING = "bench.nothing"


class Nothing:
    """Ends at once, and has nothing to tell anybody."""

    name = NOTHING

    def run(self, lease: Lease) -> Outcome:
        return Outcome(Status.COMPLETED, exit_code=0)

    def changed(self, execution: Execution, *, event: str, actor: Actor, now: datetime) -> None:
        pass


register(Nothing(), instant=True)
