"""Lists and searches of tens of thousands of people read indexes."""

from __future__ import annotations

from typing import ClassVar

from django.db import migrations, models

# `icontains` compares in upper case; PostgreSQL asks this one index for each of the three columns.
SEARCH = """
    CREATE INDEX user_search ON accounts_user
    USING gin (upper(email) gin_trgm_ops, upper(name) gin_trgm_ops, upper(username) gin_trgm_ops)
"""


class Migration(migrations.Migration):
    dependencies: ClassVar = [
        ("accounts", "0005_oidc"),
        ("auth", "0012_alter_user_first_name_max_length"),
        ("tenants", "0005_trigrams"),
    ]

    operations: ClassVar = [
        migrations.AddIndex("user", models.Index(fields=["email", "id"], name="user_by_email")),
        migrations.AddIndex("user", models.Index(fields=["name", "id"], name="user_by_name")),
        migrations.AddIndex("user", models.Index(fields=["created_at", "id"], name="user_by_age")),
        migrations.RunSQL(SEARCH, "DROP INDEX user_search"),
    ]
