"""Writing for a lease while the database comes and goes."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar

import structlog
from django.db import InterfaceError, NotSupportedError, OperationalError, connection
from psycopg.errors import FeatureNotSupported

from apps.executions.errors import LeaseLost
from apps.executions.lease import Lease

logger = structlog.get_logger(__name__)
T = TypeVar("T")
RETRY_SECONDS = 0.5


def while_held(lease: Lease, write: Callable[[], T]) -> T:
    """Does a write, again and again while the database is away, until it is done or the lease is lost.

    And once more where a migration has made a plan void that the connection knew; the rollback has given it up.
    ``write`` must bear being done twice: the answer to one that was committed may have been lost on the way.
    Raises ``LeaseLost`` when the lease goes meanwhile.
    """
    gave_up_plans = False
    while True:
        try:
            return write()
        except NotSupportedError as error:
            if gave_up_plans or connection.in_atomic_block or not isinstance(error.__cause__, FeatureNotSupported):
                raise
            gave_up_plans = True
        except (OperationalError, InterfaceError) as error:
            if connection.in_atomic_block:
                raise
            logger.warning("database_away", execution_id=str(lease.execution_id), error=str(error).strip())
            connection.close()
            if lease.control.lost.wait(RETRY_SECONDS):
                raise LeaseLost from error
