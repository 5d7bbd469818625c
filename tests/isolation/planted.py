"""Twenty leaks as they happen to people, to be planted one at a time into a copy of the source.

Where another line of defence would have covered the mistake, both are planted, and ``masked`` says what stood behind.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, slots=True)
class Change:
    """Text of one file that is replaced; it must be there exactly once."""

    file: str
    old: str
    new: str


@dataclass(frozen=True, slots=True)
class Leak:
    name: str
    changes: tuple[Change, ...]
    family: str
    """Where the matrix finds it."""
    masked: str = ""
    provisioning: bool = False
    """Whether it is planted where schemas are made, so that it needs a database made with it."""


TENANTS, ACCOUNTS, ROBOTS, COMMON = "apps/tenants", "apps/accounts", "apps/robots", "apps/common"


def _leak(name: str, family: str, *changes: tuple[str, str, str], **more: Any) -> Leak:
    return Leak(name, tuple(Change(*change) for change in changes), family, **more)


LEAKS = (
    _leak(
        "a list without its filter of visible rows",
        "api",
        (
            f"{ROBOTS}/selectors/runs.py",
            "return _runs(query).filter(narrowed) if narrowed else _runs(query)",
            "return _runs(query)",
        ),
    ),
    _leak(
        "keys of the cache without the schema",
        "names",
        (f"{TENANTS}/cache.py", 'f"{current_schema()}:{key_prefix}:{version}:{key}"', 'f"{version}:{key}"'),
    ),
    _leak(
        "groups of the channel layer without the schema",
        "names",
        (f"{TENANTS}/channels.py", 'f"{require_tenant()}.{kind}.{identifier}"', 'f"all.{kind}.{identifier}"'),
    ),
    _leak(
        "files of all organizations in one folder",
        "names",
        (f"{TENANTS}/storage.py", 'f"{require_tenant()}/{name}"', 'f"files/{name}"'),
    ),
    _leak(
        "the token's organization is not compared with the host's",
        "api",
        (
            f"{ACCOUNTS}/services/credentials.py",
            """
    if claims.organization_id != organization.pk:
        raise WrongOrganization
    return actor_from_session""",
            """
    from apps.tenants.context import tenant_context
    from apps.tenants.selectors import organization_by_id

    with tenant_context(organization_by_id(claims.organization_id) or organization):
        return actor_from_session""",
        ),
        masked="sessions are looked up in the host's own schema, so that lookup is moved as well",
    ),
    _leak(
        "credentials choose the organization, whatever the host",
        "api",
        (
            f"{TENANTS}/middleware.py",
            "organization = organization_by_host(host) if host is not None else None",
            "organization = self.from_credentials(request) or organization_by_host(host or '')",
        ),
    ),
    _leak(
        "raw SQL over the schemas of all organizations",
        "api",
        (f"{ROBOTS}/selectors/stats.py", "by_robot=list(", "by_robot=_everywhere() + list("),
        (
            f"{ROBOTS}/selectors/stats.py",
            """
def _grouped(""",
            """
def _everywhere() -> list[dict[str, Any]]:
    from django.db import connection

    from apps.tenants.context import owner_context

    names = []
    with owner_context(), connection.cursor() as cursor:
        cursor.execute("SELECT schema_name FROM tenants_organization WHERE schema_name <> 'platform'")
        for (schema,) in cursor.fetchall():
            cursor.execute(f'SELECT id, name FROM "{schema}".robots_robot LIMIT 5')
            names += cursor.fetchall()
    none = dict.fromkeys([*COUNTS, *PERCENTILES], 0)
    return [none | {"robot_id": pk, "robot_name": name} for pk, name in names]


def _grouped(""",
        ),
        masked="as the organization's role PostgreSQL would refuse; the owner's rights are planted with it",
    ),
    _leak(
        "a ticket is redeemed in its own organization, whatever the host",
        "live",
        (
            f"{ACCOUNTS}/authentication/sockets.py",
            """
    if home is not None and home.schema_name != schema:
        raise WrongOrganization
    return _active(home or organization_by_schema(schema))""",
            """
    return _active(organization_by_schema(schema))""",
        ),
    ),
    _leak(
        "live logs without a look at rights",
        "live",
        (
            f"{ROBOTS}/live/viewer.py",
            "execution_group(run_get(actor=actor, run_id=run_id).execution_id)",
            "execution_group(run_id)",
        ),
    ),
    _leak(
        "idempotency keys without the schema",
        "names",
        (f"{COMMON}/idempotency.py", '(getattr(connection, "schema_name", ""), self.scope', "(self.scope"),
    ),
    _leak(
        "a context that is not left",
        "names",
        (
            f"{TENANTS}/context.py",
            """
    finally:
        own.set_tenant(before[0], before[1])""",
            """
    finally:
        if as_owner or tenant.schema_name == PUBLIC:
            own.set_tenant(before[0], before[1])""",
        ),
    ),
    _leak(
        "the guard of objects and queries is off",
        "objects",
        (f"{TENANTS}/origin.py", "        if origin.schema != schema:", "        if not origin.schema:"),
    ),
    _leak(
        "no role is assumed, and the search_path is wrong",
        "database",
        (
            f"{TENANTS}/postgresql/base.py",
            "return path, OWNER if as_owner or database is None else role_name(database, schema)",
            "return path, OWNER",
        ),
        masked="alone, either is harmless; the matrix itself gives the wrong search_path",
    ),
    _leak(
        "row rules that let everything through",
        "database",
        (f"{TENANTS}/services/roles.py", "USING ({own}) WITH CHECK ({own})", "USING (true) WITH CHECK (true)"),
        provisioning=True,
    ),
    _leak(
        "a page of the back-office without its filter",
        "pages",
        (
            f"{ROBOTS}/admin/of_robot.py",
            "return rows.filter(visible_filter(request.actor, self.read_action, prefix=self.through))",
            "return rows",
        ),
    ),
    _leak(
        "signing in tells whether anybody knows an address",
        "sign-in",
        (
            f"{ACCOUNTS}/services/sign_in.py",
            """
    if not attempts:
""",
            """
    if not attempts:
        raise AccountInactive
    if not attempts:
""",
        ),
    ),
    _leak(
        "a file is served by its id alone",
        "api",
        (
            f"{ROBOTS}/selectors/runs.py",
            """
    run = run_get(actor=actor, run_id=run_id, action="artifact.download")
    artifact = Artifact.objects.filter(execution_id=run.pk, pk=artifact_id).first()""",
            """
    artifact = Artifact.objects.filter(pk=artifact_id).first()""",
        ),
    ),
    _leak(
        "a task of an organization runs without one",
        "names",
        (
            f"{TENANTS}/celery.py",
            """
        if schema == PUBLIC:
            raise OutsideTenantError
""",
            "\n",
        ),
    ),
    _leak(
        "one entity tag for objects of all organizations",
        "api",
        (
            f"{COMMON}/etags.py",
            "values = [_plain(field, instance) for field in instance",
            "values = [field.name for field in instance",
        ),
        (f"{COMMON}/etags.py", "{digest(representation)}", "{len(type(instance).__name__)}"),
        masked="the tag's second half digests the answer, so both halves are planted",
    ),
    _leak(
        "a line of the log that names people of the other organization",
        "api",
        (
            f"{ACCOUNTS}/services/credentials.py",
            """
    if claims.organization_id != organization.pk:
        raise WrongOrganization
""",
            """
    if claims.organization_id != organization.pk:
        import structlog

        known = list(User.objects.values_list("email", flat=True)[:3])
        structlog.get_logger(__name__).warning("wrong_organization", known=known)
        raise WrongOrganization
""",
        ),
    ),
)
