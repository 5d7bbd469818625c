"""Indexes that no query reads are gone, and those that Django puts beside unique texts for searches by pattern."""

from __future__ import annotations

from typing import ClassVar

import django.db.models.deletion
from django.db import migrations, models
from django.db.migrations.operations.base import Operation

from apps.common.reindexing import Reindex

DROPPED = {
    "tenants_directoryentry_address_hash_98a76fee": "tenants_directoryentry (address_hash)",
    "tenants_directoryentry_address_hash_98a76fee_like": "tenants_directoryentry (address_hash varchar_pattern_ops)",
    "tenants_supportgrant_schema_name_d8bbaa41": "tenants_supportgrant (schema_name)",
    "tenants_supportgrant_schema_name_d8bbaa41_like": "tenants_supportgrant (schema_name varchar_pattern_ops)",
}
STATE: list[Operation] = [
    migrations.AlterField(
        "directoryentry", "address_hash", models.CharField(max_length=64, verbose_name="hash of the address")
    ),
    migrations.AlterField(
        "supportgrant",
        "organization",
        models.ForeignKey(
            db_column="schema_name",
            db_index=False,
            on_delete=django.db.models.deletion.CASCADE,
            related_name="support_grants",
            to="tenants.organization",
            to_field="schema_name",
            verbose_name="organization",
        ),
    ),
]


class Migration(migrations.Migration):
    dependencies: ClassVar = [
        ("tenants", "0009_support_grants"),
    ]

    operations: ClassVar = [
        Reindex(dropped=DROPPED, state=STATE),
    ]
