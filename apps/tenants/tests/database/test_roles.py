"""With our own code broken on purpose, PostgreSQL itself refuses: each organization has a role of its own."""

from __future__ import annotations

from typing import Any

import pytest
from django.conf import settings
from django.db import DatabaseError, connection, transaction

from apps.accounts.models import User
from apps.dispatch.models import Ticket
from apps.tenants.context import owner_context, public_context, tenant_context, wrapper
from apps.tenants.models import DirectoryEntry, Organization, OrganizationSettings
from apps.tenants.naming import MEMBERS, new_schema_name
from apps.tenants.services.roles import role_create
from apps.tenants.tests.conftest import role_of
from conftest import make_user

pytestmark = pytest.mark.skipif(not settings.TENANT_ROLES, reason="TENANT_ROLES=off")
DENIED = "permission denied"


def rows(sql: str, *params: Any) -> list[tuple[Any, ...]]:
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(sql, params)
        return cursor.fetchall() if cursor.description else []


def ticket(schema: str) -> Ticket:
    with public_context():
        now = "2026-01-01T00:00:00Z"
        return Ticket.objects.create(schema_name=schema, kind="test", queue="test", available_at=now)


@pytest.fixture
def victim(organization: Organization, other_organization: Organization) -> str:
    """Another organization's schema, with a user in it."""
    with tenant_context(other_organization):
        make_user("secret@rival.example", "viewer")
    return str(other_organization.schema_name)


@pytest.fixture
def broken_search_path(victim: str, monkeypatch: pytest.MonkeyPatch) -> str:
    """The wrapper sets the victim's search_path with the role of the organization at work."""
    own = wrapper()
    path, role = f'"{victim}",public', own._wanted()[1]
    monkeypatch.setattr(type(own), "_wanted", lambda self: (path, role))
    return victim


def test_it_works(owner: User) -> None:
    assert rows("SELECT email FROM accounts_user") == [(owner.email,)]


def test_another_search_path_is_denied(broken_search_path: str) -> None:
    with pytest.raises(DatabaseError, match=rf"does not exist|{DENIED}"):
        rows("SELECT * FROM accounts_user")
    with pytest.raises(DatabaseError, match=rf"does not exist|{DENIED}"), transaction.atomic():
        list(User.objects.all())


@pytest.mark.parametrize(
    "statement",
    [
        'SELECT * FROM "{victim}".accounts_user',
        'INSERT INTO "{victim}".events_event SELECT * FROM events_event',
        "UPDATE \"{victim}\".accounts_user SET name = 'x'",
        'DELETE FROM "{victim}".accounts_user',
        'TRUNCATE "{victim}".accounts_user CASCADE',
        'DROP TABLE "{victim}".accounts_user CASCADE',
        'CREATE TABLE "{victim}".planted (id int)',
        'ALTER TABLE "{victim}".accounts_user ADD COLUMN planted int',
        'LOCK TABLE "{victim}".accounts_user',
        "SELECT nextval('\"{victim}\".auth_group_id_seq')",
        "CREATE TABLE public.planted (id int)",
        "CREATE TEMPORARY TABLE planted (id int)",
        "CREATE SCHEMA planted",
        "CREATE ROLE planted",
        'ALTER ROLE "{role}" CREATEROLE',
        'GRANT "{victim_role}" TO "{role}"',
        "SELECT * FROM pg_authid",
        "COPY accounts_user TO '/tmp/leak'",
        "SELECT * FROM public.tenants_domain",
        "SELECT * FROM public.tenants_schematemplate",
        "SELECT * FROM public.tenants_spareschema",
        "SELECT * FROM public.django_migrations",
        "UPDATE public.tenants_organization SET plan = 'free'",
        "INSERT INTO public.tenants_organization SELECT * FROM public.tenants_organization",
        "DELETE FROM public.tenants_organization",
        "UPDATE public.tenants_organization SET is_active = true, name = 'x'",
        "UPDATE public.tenants_organization SET schema_name = '{victim}'",
        "DELETE FROM public.tenants_organizationsettings",
        "UPDATE public.tenants_directoryentry SET address_hash = 'x'",
        "INSERT INTO django_migrations (app, name, applied) VALUES ('x', 'x', now())",
        "UPDATE events_event SET name = 'x'",
        "DELETE FROM events_event",
        "TRUNCATE events_event",
        "ALTER TABLE events_event DISABLE TRIGGER ALL",
    ],
)
def test_what_an_organization_may_not_do(organization: Organization, victim: str, statement: str) -> None:
    names = {"victim": victim, "role": role_of(organization.schema_name), "victim_role": role_of(victim)}
    with pytest.raises(DatabaseError, match=f"{DENIED}|must be owner|row-level security"):
        rows(statement.format(**names))


def test_outside_no_organization_is_visible(victim: str) -> None:
    with public_context():
        with pytest.raises(DatabaseError, match="does not exist"):
            rows("SELECT * FROM accounts_user")
        with pytest.raises(DatabaseError, match=DENIED):
            rows(f'SELECT * FROM "{victim}".accounts_user')
        for statement in (
            "UPDATE tenants_schematemplate SET fingerprint = 'x'",
            "DELETE FROM tenants_spareschema",
            "INSERT INTO django_migrations (app, name, applied) VALUES ('x', 'x', now())",
            "TRUNCATE tenants_organization CASCADE",
            "CREATE TABLE planted (id int)",
        ):
            with pytest.raises(DatabaseError, match=f"{DENIED}|must be owner"):
                rows(statement)


def test_an_organization_sees_its_own_row_only(organization: Organization, other_organization: Organization) -> None:
    assert [row.pk for row in Organization.objects.all()] == [organization.pk]
    with tenant_context(other_organization):
        assert [row.pk for row in Organization.objects.all()] == [other_organization.pk]
    with public_context():
        assert {organization.pk, other_organization.pk} < {row.pk for row in Organization.objects.all()}


def test_tickets_are_its_own(organization: Organization, victim: str) -> None:
    mine, theirs = ticket(organization.schema_name), ticket(victim)
    assert list(Ticket.objects.all()) == [mine]
    assert Ticket.objects.filter(pk=theirs.pk).update(queue="stolen") == 0
    assert Ticket.objects.filter(pk=theirs.pk).delete()[0] == 0
    for change in (lambda: ticket_in(victim), lambda: Ticket.objects.update(schema_name=victim)):
        with pytest.raises(DatabaseError, match="row-level security"), transaction.atomic():
            change()


def ticket_in(schema: str) -> Ticket:
    return Ticket.objects.create(schema_name=schema, kind="test", queue="test", available_at="2026-01-01T00:00:00Z")


def test_directory_entries_are_its_own(organization: Organization, victim: str) -> None:
    DirectoryEntry.objects.create(address_hash="mine", schema_name=organization.schema_name)
    with public_context():
        DirectoryEntry.objects.create(address_hash="theirs", schema_name=victim)
    assert [entry.address_hash for entry in DirectoryEntry.objects.all()] == ["mine"]
    assert DirectoryEntry.objects.filter(address_hash="theirs").delete()[0] == 0
    with pytest.raises(DatabaseError, match="row-level security"), transaction.atomic():
        DirectoryEntry.objects.create(address_hash="planted", schema_name=victim)


def test_settings_are_its_own(organization: Organization, victim: str) -> None:
    with public_context():
        theirs = OrganizationSettings.objects.create(organization_id=victim)
    mine = OrganizationSettings.objects.create(organization_id=organization.schema_name)
    assert list(OrganizationSettings.objects.all()) == [mine]
    assert OrganizationSettings.objects.filter(pk=theirs.pk).update(timezone="Asia/Tokyo") == 0
    moved = OrganizationSettings.objects.filter(pk=mine.pk)
    planted = OrganizationSettings(organization_id=victim)
    for change in (lambda: moved.update(organization_id=victim), planted.save):
        with pytest.raises(DatabaseError, match="row-level security"), transaction.atomic():
            change()
    with public_context():
        assert OrganizationSettings.objects.get(pk=theirs.pk).timezone == "UTC"


def test_an_organization_may_change_its_own_looks_only(organization: Organization, victim: str) -> None:
    assert Organization.objects.update(name="Other", logo_url="/x.png", theme_primary_color="#fff") == 1
    assert Organization.objects.filter(schema_name=victim).update(name="Stolen") == 0
    with public_context():
        assert Organization.objects.get(schema_name=victim).name == "Rival"


def test_the_platform_manages_the_shared_tables_and_reads_no_organization(victim: str) -> None:
    with tenant_context("platform"):
        assert Organization.objects.filter(schema_name=victim).update(plan="gold") == 1
        with pytest.raises(DatabaseError, match=DENIED):
            rows(f'SELECT * FROM "{victim}".accounts_user')
        with pytest.raises(DatabaseError, match=DENIED):
            rows("UPDATE tenants_schematemplate SET fingerprint = 'x'")


def test_values_cannot_leave_their_role(organization: Organization, victim: str) -> None:
    """Values are data: none of these ends a statement or changes the role."""
    stolen = f'$$; SELECT * FROM "{victim}".accounts_user; $$'
    for text in ("'; RESET ROLE; --", "\\'; SET ROLE postgres; --", stolen):
        assert User.objects.filter(email=text).count() == 0
        assert rows("SELECT current_user::text, %s::text", text) == [(role_of(organization.schema_name), text)]


def test_roles_cannot_log_in_and_inherit_nothing(organization: Organization) -> None:
    with owner_context():
        found = rows(
            """SELECT rolcanlogin, rolsuper, rolcreaterole, rolcreatedb, rolbypassrls
               FROM pg_roles WHERE rolname = ANY (%s)""",
            [role_of(name) for name in (organization.schema_name, "public", "platform", MEMBERS)],
        )
        assert found == [(False,) * 5] * 4
        assert rows("SELECT pg_has_role(%s, %s, 'USAGE')", role_of(organization.schema_name), role_of(MEMBERS)) == [
            (True,)
        ]
        assert rows("SELECT pg_has_role(current_user, %s, 'USAGE')", role_of(organization.schema_name)) == [(False,)]


def test_everybody_else_may_nothing(organization: Organization) -> None:
    name = f"{connection.settings_dict['NAME']}_{new_schema_name()}"
    with owner_context():
        rows(f'CREATE ROLE "{name}"')
        privileges = (
            ("has_schema_privilege", "public", "CREATE"),
            ("has_schema_privilege", organization.schema_name, "USAGE"),
            ("has_table_privilege", "tenants_organization", "SELECT"),
            ("has_database_privilege", str(connection.settings_dict["NAME"]), "TEMPORARY"),
            ("has_database_privilege", str(connection.settings_dict["NAME"]), "CREATE"),
            ("has_function_privilege", f'"{organization.schema_name}".events_refuse_change()', "EXECUTE"),
        )
        for function, thing, privilege in privileges:
            assert rows(f"SELECT {function}(%s, %s, %s)", name, thing, privilege) == [(False,)], (thing, privilege)


def test_tables_made_later_belong_to_the_organization_too(organization: Organization) -> None:
    with owner_context(organization.schema_name):
        rows("CREATE TABLE later (id int GENERATED BY DEFAULT AS IDENTITY, name text)")
    rows("INSERT INTO later (name) VALUES ('x')")
    assert rows("SELECT name FROM later") == [("x",)]


def test_the_login_needs_no_setting_of_its_own(organization: Organization) -> None:
    """It grants itself the roles it makes: ``createrole_self_grant`` may be empty."""
    role = role_of(new_schema_name())
    with owner_context(), connection.cursor() as cursor:
        cursor.execute("SET LOCAL createrole_self_grant = ''")
        role_create(role)
        cursor.execute(f'SET ROLE "{role}"; SELECT current_user::text')
        cursor.nextset()
        assert cursor.fetchone() == (role,)
        cursor.execute("RESET ROLE")
