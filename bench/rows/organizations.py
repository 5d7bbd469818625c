"""A new organization, made now or from a spare schema, against a replay of the same DDL in one transaction."""

from __future__ import annotations

import time

import psycopg

from apps.tenants.context import owner_context
from apps.tenants.models import SchemaTemplate, SpareSchema
from apps.tenants.naming import new_schema_name
from apps.tenants.recording import script
from apps.tenants.services.organizations import organization_create
from apps.tenants.services.provisioning import spares_replenish
from apps.tenants.services.templates import template_ensure
from bench.figures import Figure, Target
from bench.rounds import ROUNDS
from bench.stage import Stage, plain_connection

COLD, SPARE = Target(1.3), Target(0.05)


def measure(stage: Stage) -> list[Figure]:
    template = template_ensure()
    cold: list[float] = []
    spare: list[float] = []
    replays: list[float] = []
    with plain_connection() as connection:
        while _spares():
            organization_create(name="Bench")
        for _round in range(ROUNDS):
            cold.append(_created())
            replays.append(_replayed(connection, template))
            spares_replenish(1)
            spare.append(_created())
    return [
        Figure("organization-cold", "ms", COLD, cold, replays),
        Figure("organization-spare", "ms", SPARE, spare, replays),
    ]


def _spares() -> int:
    with owner_context():
        return SpareSchema.objects.count()


def _created() -> float:
    began = time.perf_counter()
    organization_create(name="Bench")
    return 1000 * (time.perf_counter() - began)


def _replayed(connection: psycopg.Connection, template: SchemaTemplate) -> float:
    """Milliseconds for the template's statements alone: no role, no rights, no row that names the schema."""
    schema = new_schema_name()
    statements = script(template.statements).encode()
    began = time.perf_counter()
    with connection.transaction():
        connection.execute(f'CREATE SCHEMA "{schema}"')
        connection.execute(f'SET LOCAL search_path = "{schema}", public')
        connection.execute(statements)
    milliseconds = 1000 * (time.perf_counter() - began)
    connection.execute(f'DROP SCHEMA "{schema}" CASCADE')
    return milliseconds
