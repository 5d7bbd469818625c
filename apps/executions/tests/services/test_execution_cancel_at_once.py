"""Somebody cancels at the very instant at which a worker starts: the row decides, and both learn of it."""

from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor

from django.db import connection, transaction
from django.utils import timezone

from apps.common.actor import Actor
from apps.dispatch.services.claims import ticket_claim
from apps.executions.lease import Lease
from apps.executions.models import Execution, Status
from apps.executions.services.executions import execution_cancel
from apps.executions.services.transitions import executions_start
from apps.executions.tests.conftest import Accept, RecordingKind, stored, ticket_of
from apps.tenants.context import public_context, tenant_context
from apps.tenants.models import Organization

ROUNDS = 30


def test_it_works(transactional_db: None, organization: Organization, accept: Accept, kind: RecordingKind) -> None:
    outcomes = set()
    for _round in range(ROUNDS):
        kind.heard.clear()
        execution = accept()
        started = _race(organization.schema_name, execution)
        after, ticket = stored(execution), ticket_of(execution)
        outcomes.add(after.status)
        if after.status == Status.CANCELLED:
            assert (started, ticket, kind.events) == ([], None, ["cancelled"])
        else:
            assert (after.status, kind.events) == (Status.RUNNING, ["started"])
            assert ticket is not None
            assert ticket.cancel_requested
            assert [lease.token for lease in started] == [ticket.token]
        execution.delete()
        with public_context():
            if ticket:
                ticket.delete()
    assert outcomes <= {Status.CANCELLED, Status.RUNNING}


def _race(schema: str, execution: Execution) -> list[Lease]:
    barrier = threading.Barrier(2)

    def start() -> list[Lease]:
        try:
            barrier.wait(10)
            with public_context(), transaction.atomic():
                batch = ticket_claim(queues=["q"], worker="w", limit=1, lease_seconds=30)
                with tenant_context(schema):
                    return executions_start(claimed=batch.tickets, worker="w", now=timezone.now())
        finally:
            connection.close()

    def cancel() -> None:
        try:
            with tenant_context(schema):
                mine = Execution.objects.get(pk=execution.pk)
                barrier.wait(10)
                execution_cancel(actor=Actor.system("tests", schema=schema), execution=mine, now=timezone.now())
        finally:
            connection.close()

    with ThreadPoolExecutor(2) as pool:
        starting, cancelling = pool.submit(start), pool.submit(cancel)
        cancelling.result(30)
        return starting.result(30)
