"""What nobody looks events up by costs each of them an index less."""

from __future__ import annotations

from typing import ClassVar

from django.db import migrations


class Migration(migrations.Migration):
    dependencies: ClassVar = [("events", "0002_append_only")]

    operations: ClassVar = [
        migrations.RemoveIndex("event", "events_even_name_fa3ee3_idx"),
        migrations.RemoveIndex("event", "events_even_trace_i_f9d603_idx"),
    ]
