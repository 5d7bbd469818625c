"""New schemas: the template's SQL, replayed in one round trip, or made beforehand and kept as spares.

A schema, its role and the row that names it are always made and removed in one transaction, so a crash leaves nothing.
"""

from __future__ import annotations

import structlog
from django.db import connection, transaction

from apps.tenants.context import owner_context, wrapper
from apps.tenants.locks import transaction_lock_tried
from apps.tenants.models import SchemaTemplate, SpareSchema
from apps.tenants.naming import new_schema_name
from apps.tenants.recording import script
from apps.tenants.services.roles import role_drop, schema_grants
from apps.tenants.services.templates import fingerprint_input, template_ensure, template_is_active

__all__ = ["fingerprint_input", "schema_create", "schema_drop", "schema_take", "spare_take", "spares_replenish"]
_SPARES_LOCK = "spares"
_SPARES = SpareSchema._meta.db_table
_TAKEN = f"""
    DELETE FROM {_SPARES} WHERE id =
    (SELECT id FROM {_SPARES} WHERE fingerprint = %s ORDER BY id LIMIT 1 FOR UPDATE SKIP LOCKED) RETURNING schema_name
"""
logger = structlog.get_logger(__name__)


def schema_create(schema: str, template: SchemaTemplate) -> None:
    """Makes a schema with its tables, reference rows and role, in one transaction. No actor: part of provisioning."""
    with owner_context(schema), transaction.atomic():
        with connection.cursor() as cursor:
            cursor.execute(f'CREATE SCHEMA "{schema}"')
            cursor.execute(script(template.statements))
        schema_grants(schema)


def schema_drop(schema: str) -> None:
    """Removes a schema, all in it, and its role, in one transaction. No actor: the caller has removed its row."""
    with owner_context(), transaction.atomic():
        with connection.cursor() as cursor:
            cursor.execute(f'DROP SCHEMA IF EXISTS "{schema}" CASCADE')
        role_drop(schema)


def schema_take(template: SchemaTemplate) -> str:
    """A fresh schema: a spare when there is one, else made now. No actor: part of making an organization.

    To be called in the transaction that gives the schema to somebody; if that fails, the spare waits again.
    """
    spare = spare_take(template.fingerprint)
    if spare is not None:
        return spare
    schema = new_schema_name()
    schema_create(schema, template)
    return schema


def spare_take(fingerprint: str) -> str | None:
    """A spare made for these migrations, if one waits; as above. No actor: as above."""
    with owner_context():
        taken = wrapper().ask(_TAKEN, [fingerprint])
    return taken[0][0] if taken else None


def spares_replenish(count: int) -> int:
    """Drops spares of older migrations and makes new ones until ``count`` wait; returns how many were made.

    No actor: part of provisioning. Does nothing where another process is at it, or where this program is not the
    deployed one any more.
    """
    template = template_ensure()
    if not template_is_active(template):
        return 0
    while _stale_spare_drop(template):
        pass
    made = 0
    while _spare_make(template, count):
        made += 1
    return made


def _stale_spare_drop(template: SchemaTemplate) -> bool:
    with owner_context(), transaction.atomic():
        stale = SpareSchema.objects.select_for_update(skip_locked=True).exclude(fingerprint=template.fingerprint)
        spare = stale.first()
        if spare is None:
            return False
        spare.delete()
        schema_drop(spare.schema_name)
    return True


def _spare_make(template: SchemaTemplate, count: int) -> bool:
    with owner_context(), transaction.atomic():
        if not transaction_lock_tried(_SPARES_LOCK):
            return False
        if SpareSchema.objects.filter(fingerprint=template.fingerprint).count() >= count:
            return False
        spare = SpareSchema(schema_name=new_schema_name(), fingerprint=template.fingerprint)
        schema_create(spare.schema_name, template)
        spare.save(force_insert=True)
    return True
