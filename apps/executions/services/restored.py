"""Executions of an organization that was read from an archive."""

from __future__ import annotations

from datetime import datetime

from django.utils.translation import gettext_noop

from apps.executions.models import TERMINAL, Execution, Status

UNFINISHED = gettext_noop("It was not finished when the organization was exported.")


def executions_settle(*, now: datetime) -> int:
    """Marks what was waiting or running as lost: it belongs to where it came from, and nobody runs it here.

    No actor: part of reading an archive, in its transaction. Returns how many.
    """
    unfinished = Execution.objects.exclude(status__in=TERMINAL)
    return unfinished.update(status=Status.LOST, finished_at=now, token=None, error_message=UNFINISHED)
