"""Indexes that no query reads are gone, and those that Django puts beside unique texts for searches by pattern."""

from __future__ import annotations

from typing import ClassVar

from django.db import migrations, models
from django.db.migrations.operations.base import Operation

from apps.common.reindexing import Reindex

DROPPED = {
    "common_idempotencyrecord_digest_820ac87e_like": "common_idempotencyrecord (digest varchar_pattern_ops)",
}
RENAMED = {
    "common_idempotencyrecord": ("common_idempotencyrecord_digest_key", "idempotency_record_unique"),
}
STATE: list[Operation] = [
    migrations.AlterField(
        "idempotencyrecord", "digest", models.CharField(editable=False, max_length=64, verbose_name="key")
    ),
    migrations.AddConstraint(
        "idempotencyrecord", models.UniqueConstraint(fields=("digest",), name="idempotency_record_unique")
    ),
]


class Migration(migrations.Migration):
    dependencies: ClassVar = [
        ("common", "0001_initial"),
    ]

    operations: ClassVar = [
        Reindex(dropped=DROPPED, renamed=RENAMED, state=STATE),
    ]
