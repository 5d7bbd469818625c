"""Tickets come, change and go quickly: room for updates in place, and vacuum before dead entries fill the index."""

from django.db import migrations

FORWARD = """
ALTER TABLE dispatch_ticket SET (
    fillfactor = 70, autovacuum_vacuum_scale_factor = 0.02, autovacuum_vacuum_threshold = 500,
    autovacuum_analyze_scale_factor = 0.1
)
"""
BACKWARD = """
ALTER TABLE dispatch_ticket RESET (
    fillfactor, autovacuum_vacuum_scale_factor, autovacuum_vacuum_threshold, autovacuum_analyze_scale_factor
)
"""


class Migration(migrations.Migration):
    dependencies = [("dispatch", "0002_workers_and_tallies")]
    operations = [migrations.RunSQL(FORWARD, BACKWARD)]
