"""One attempt, or several of instant kinds together: run by the kind, then finished, tried again or given back."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence

import structlog
from django.db import DatabaseError, InterfaceError, OperationalError, connection
from django.utils import timezone

from apps.common.trace import begin_trace
from apps.executions import metrics
from apps.executions.errors import LeaseLost
from apps.executions.lease import Lease, Outcome
from apps.executions.models import Status
from apps.executions.registry import instant_kinds, kind_of
from apps.executions.services.transitions import execution_finish, execution_release, executions_finish
from apps.tenants.context import tenant_context
from apps.tenants.selectors import organization_by_schema

logger = structlog.get_logger(__name__)


def attempt(leases: Sequence[Lease]) -> None:
    """Runs what a slot has claimed and writes how it ended. Raises nothing: a slot goes on with the next."""
    outcomes: dict[Lease, Outcome] = {}
    for lease in leases:
        outcome = None if lease.is_lost else _outcome(lease)
        if outcome is None or lease.is_lost:
            give_back(lease)
        else:
            outcomes[lease] = outcome
    if len(outcomes) == 1:
        _finish(*outcomes.popitem())
    elif outcomes:
        _finish_together(outcomes)


def give_back(lease: Lease) -> None:
    """Lets the execution wait again, or be lost, if the lease still holds; else somebody has decided already."""
    try:
        with tenant_context(lease.schema):
            execution_release(lease, now=timezone.now())
    except (DatabaseError, InterfaceError):
        logger.exception("lease_not_given_back", execution_id=str(lease.execution_id))
        connection.close()


def _outcome(lease: Lease) -> Outcome | None:
    """What the kind says; None when it could not bring the attempt to an end."""
    metrics.WAIT_SECONDS.observe(lease.waited_seconds, queue=lease.queue)
    _begin(lease)
    try:
        with tenant_context(lease.schema):
            return kind_of(lease.kind).run(lease)
    except LeaseLost:
        logger.warning("lease_lost", last_seq=lease.last_seq)
    except (OperationalError, InterfaceError):
        logger.exception("attempt_without_database")
        connection.close()
    except Exception:  # the fault of a kind ends its execution, not the slot
        logger.exception("attempt_broke")
        return Outcome(Status.FAILED, error_message="Internal error")
    return None


def _begin(lease: Lease) -> None:
    begin_trace(lease.trace_id)
    organization = organization_by_schema(lease.schema)
    structlog.contextvars.bind_contextvars(
        organization=organization.slug if organization else lease.schema,
        execution_id=str(lease.execution_id),
        kind=lease.kind,
        attempt=lease.attempt,
    )


def _finish(lease: Lease, outcome: Outcome) -> None:
    try:
        with tenant_context(lease.schema):
            status = execution_finish(lease, outcome, now=timezone.now())
    except LeaseLost:
        logger.warning("lease_lost", last_seq=lease.last_seq)
    except Exception:  # whatever it was, somebody has to get the execution back
        logger.exception("attempt_not_finished")
        connection.close()
        give_back(lease)
    else:
        if lease.kind not in instant_kinds():
            logger.info("attempt_finished", status=str(status), exit_code=outcome.exit_code)


def _finish_together(outcomes: Mapping[Lease, Outcome]) -> None:
    by_schema: dict[str, dict[Lease, Outcome]] = defaultdict(dict)
    for lease, outcome in outcomes.items():
        if outcome.retryable:
            _finish(lease, outcome)
        else:
            by_schema[lease.schema][lease] = outcome
    for schema, own in by_schema.items():
        try:
            with tenant_context(schema):
                executions_finish(outcomes=own, now=timezone.now())
        except Exception:  # one of them may be at fault: each is tried by itself
            logger.exception("attempts_not_finished", schema=schema)
            connection.close()
            for lease, outcome in own.items():
                _finish(lease, outcome)
