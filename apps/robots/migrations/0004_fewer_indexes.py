"""Indexes that no query reads are gone, and those that Django puts beside unique texts for searches by pattern."""

from __future__ import annotations

from typing import ClassVar

import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models
from django.db.migrations.operations.base import Operation
from django.db.models import Q

from apps.common.reindexing import Reindex

DROPPED = {
    "robots_run_service_e8054d_idx": "robots_run (service_id, id)",
    "robots_robot_canary_version_id_686620ec": "robots_robot (canary_version_id)",
    "robots_robot_created_by_id_9f0fd390": "robots_robot (created_by_id)",
    "robots_robot_pool_fa93d34f": "robots_robot (pool)",
    "robots_robot_pool_fa93d34f_like": "robots_robot (pool varchar_pattern_ops)",
    "robots_robotversion_created_by_id_b9b215d7": "robots_robotversion (created_by_id)",
    "robots_robotversion_robot_id_649c24ce": "robots_robotversion (robot_id)",
    "robots_run_retry_of_id_c146f323": "robots_run (retry_of_id)",
    "robots_run_robot_id_2c8e0cbb": "robots_run (robot_id)",
    "robots_run_schedule_id_af02defd": "robots_run (schedule_id)",
    "robots_run_version_id_89c6f792": "robots_run (version_id)",
    "robots_schedule_created_by_id_b393aa4c": "robots_schedule (created_by_id)",
    "robots_schedulefiring_schedule_id_6b4a6a23": "robots_schedulefiring (schedule_id)",
}
MADE = {
    "run_of_service": "robots_run (service_id, id) WHERE service_id IS NOT NULL",
    "run_of_schedule": "robots_run (schedule_id) WHERE schedule_id IS NOT NULL",
    "run_retry": "robots_run (retry_of_id) WHERE retry_of_id IS NOT NULL",
}
STATE: list[Operation] = [
    migrations.RemoveIndex("run", "robots_run_service_e8054d_idx"),
    migrations.AlterField(
        "robot",
        "canary_version",
        models.ForeignKey(
            db_index=False,
            editable=False,
            null=True,
            on_delete=django.db.models.deletion.PROTECT,
            related_name="+",
            to="robots.robotversion",
            verbose_name="canary",
        ),
    ),
    migrations.AlterField(
        "robot",
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
        "robot", "pool", models.SlugField(db_index=False, default="default", max_length=60, verbose_name="pool")
    ),
    migrations.AlterField(
        "robotversion",
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
        "robotversion",
        "robot",
        models.ForeignKey(
            db_index=False,
            on_delete=django.db.models.deletion.CASCADE,
            related_name="versions",
            to="robots.robot",
            verbose_name="robot",
        ),
    ),
    migrations.AlterField(
        "run",
        "retry_of",
        models.ForeignKey(
            db_index=False,
            null=True,
            on_delete=django.db.models.deletion.SET_NULL,
            related_name="retries",
            to="robots.run",
            verbose_name="retry of",
        ),
    ),
    migrations.AlterField(
        "run",
        "robot",
        models.ForeignKey(
            db_index=False,
            on_delete=django.db.models.deletion.PROTECT,
            related_name="runs",
            to="robots.robot",
            verbose_name="robot",
        ),
    ),
    migrations.AlterField(
        "run",
        "schedule",
        models.ForeignKey(
            db_index=False,
            null=True,
            on_delete=django.db.models.deletion.SET_NULL,
            related_name="runs",
            to="robots.schedule",
            verbose_name="schedule",
        ),
    ),
    migrations.AlterField(
        "run",
        "version",
        models.ForeignKey(
            db_index=False,
            on_delete=django.db.models.deletion.PROTECT,
            related_name="runs",
            to="robots.robotversion",
            verbose_name="version",
        ),
    ),
    migrations.AlterField(
        "schedule",
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
        "schedulefiring",
        "schedule",
        models.ForeignKey(
            db_index=False,
            on_delete=django.db.models.deletion.CASCADE,
            related_name="firings",
            to="robots.schedule",
            verbose_name="schedule",
        ),
    ),
    migrations.AddIndex(
        "run",
        models.Index(fields=["service_id", "id"], name="run_of_service", condition=Q(service_id__isnull=False)),
    ),
    migrations.AddIndex(
        "run", models.Index(fields=["schedule"], name="run_of_schedule", condition=Q(schedule__isnull=False))
    ),
    migrations.AddIndex(
        "run", models.Index(fields=["retry_of"], name="run_retry", condition=Q(retry_of__isnull=False))
    ),
]


class Migration(migrations.Migration):
    dependencies: ClassVar = [
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
        ("executions", "0004_stored_files"),
        ("robots", "0002_stored_files"),
    ]

    operations: ClassVar = [
        Reindex(dropped=DROPPED, made=MADE, state=STATE),
    ]
