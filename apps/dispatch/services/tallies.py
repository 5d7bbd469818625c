"""Counters of /metrics that outlive the process that counts."""

from __future__ import annotations

from collections.abc import Mapping

from django.db import connection

from apps.common.ids import uuid7
from apps.dispatch.models import Tally
from apps.tenants.context import public_context

_ADD = f"""
    INSERT INTO {Tally._meta.db_table} AS tally (id, created_at, name, labels, value)
    SELECT id, statement_timestamp(), name, labels, value
    FROM unnest(%s::uuid[], %s::text[], %s::text[], %s::float[]) AS new(id, name, labels, value)
    ORDER BY name, labels
    ON CONFLICT (name, labels) DO UPDATE SET value = tally.value + excluded.value
"""


def tallies_add(*, increments: Mapping[tuple[str, str], float]) -> None:
    """Adds to the counters, given as (name, labels as JSON with sorted keys) → increment.

    No actor: it counts, and says nothing of anybody.
    """
    if not increments:
        return
    names, labels = zip(*increments, strict=True)
    with public_context(), connection.cursor() as cursor:
        cursor.execute(
            _ADD,
            [[uuid7() for _name in names], list(names), list(labels), [float(value) for value in increments.values()]],
        )
