"""Specimens of executions: how long they are kept."""

from __future__ import annotations

import secrets

from apps.executions.services.retention import DAYS, retention_update
from apps.isolation.staging.furnishing import Furnishing

LEAST, SPAN = 500, 1_000


def furnish(into: Furnishing) -> None:
    """Days that tell one organization from another, as its words do."""
    runs = LEAST + SPAN + secrets.randbelow(SPAN)
    changes = {name: runs if name == "runs_days" else LEAST + secrets.randbelow(SPAN) for name in DAYS}
    retention_update(actor=into.actor("owner"), changes=changes, now=into.now)
