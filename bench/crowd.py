"""People of an organization, many of them, and grants: written as the services leave them."""

from __future__ import annotations

from django.contrib.auth.models import Permission
from django.db import connection

from apps.accounts.models import Role, User, UserGrant
from apps.robots.models import Robot
from apps.tenants.context import owner_context, require_tenant

# Ids and addresses in no order that lists ask for.
_PEOPLE = f"""
    INSERT INTO {User._meta.db_table} (
        id, created_at, password, is_superuser, email, name, username, phone, department, locale, timezone, role_id,
        is_active, auth_source, failed_logins, updated_at)
    SELECT gen_random_uuid(), now() - number * interval '1 minute', '!', false,
        md5(number::text) || '@crowd.example', 'Person ' || number, 'p' || number, '', 'Unit ' || number %% 97, '', '',
        %(role)s, number %% 11 > 0, 'local', 0, now()
    FROM generate_series(1, %(number)s) AS number
"""


def crowd(number: int) -> None:
    """Adds so many people to the current organization."""
    with connection.cursor() as cursor:
        cursor.execute(_PEOPLE, {"number": number, "role": Role.objects.get(slug="viewer").pk})
    with owner_context(require_tenant()), connection.cursor() as cursor:
        cursor.execute(f"VACUUM ANALYZE {User._meta.db_table}")  # as the server does by itself after a while


def granted(user: User, number: int) -> Robot:
    """So many robots that the person may run, and no others; gives one of them."""
    robots = Robot.objects.bulk_create([Robot(name=f"{user.email} {each}") for each in range(number)])
    permission = Permission.objects.select_related("content_type").get(codename="robot.run")
    UserGrant.objects.bulk_create(
        UserGrant(user=user, permission=permission, content_type=permission.content_type, object_pk=str(robot.pk))
        for robot in robots
    )
    with owner_context(require_tenant()), connection.cursor() as cursor:
        cursor.execute(f"ANALYZE {UserGrant._meta.db_table}")
    found: Robot = robots[number // 2]
    return found
