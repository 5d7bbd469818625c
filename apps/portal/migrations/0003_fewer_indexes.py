"""Indexes that no query reads are gone, and those that Django puts beside unique texts for searches by pattern."""

from __future__ import annotations

from typing import ClassVar

import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models
from django.db.migrations.operations.base import Operation

from apps.common.reindexing import Reindex

DROPPED = {
    "portal_service_created_by_id_5a29b450": "portal_service (created_by_id)",
    "portal_service_default_version_id_ec805593": "portal_service (default_version_id)",
    "portal_service_domain_id_5612cd1f": "portal_service (domain_id)",
    "portal_servicerevision_created_by_id_4a469e14": "portal_servicerevision (created_by_id)",
    "portal_servicerevision_service_id_e23b4d63": "portal_servicerevision (service_id)",
}
STATE: list[Operation] = [
    migrations.AlterField(
        "service",
        "created_by",
        models.ForeignKey(
            db_index=False,
            editable=False,
            null=True,
            on_delete=django.db.models.deletion.PROTECT,
            to=settings.AUTH_USER_MODEL,
            verbose_name="created by",
        ),
    ),
    migrations.AlterField(
        "service",
        "default_version",
        models.ForeignKey(
            blank=True,
            db_index=False,
            null=True,
            on_delete=django.db.models.deletion.PROTECT,
            related_name="+",
            to="robots.robotversion",
            verbose_name="version",
        ),
    ),
    migrations.AlterField(
        "service",
        "domain",
        models.ForeignKey(
            db_index=False,
            on_delete=django.db.models.deletion.PROTECT,
            related_name="services",
            to="portal.domain",
            verbose_name="domain",
        ),
    ),
    migrations.AlterField(
        "servicerevision",
        "created_by",
        models.ForeignKey(
            db_index=False,
            null=True,
            on_delete=django.db.models.deletion.PROTECT,
            to=settings.AUTH_USER_MODEL,
            verbose_name="created by",
        ),
    ),
    migrations.AlterField(
        "servicerevision",
        "service",
        models.ForeignKey(
            db_index=False,
            on_delete=django.db.models.deletion.CASCADE,
            related_name="revisions",
            to="portal.service",
            verbose_name="service",
        ),
    ),
]


class Migration(migrations.Migration):
    dependencies: ClassVar = [
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
        ("portal", "0001_initial"),
        ("robots", "0002_stored_files"),
    ]

    operations: ClassVar = [
        Reindex(dropped=DROPPED, state=STATE),
    ]
