"""Organizations at the same point share one plan; each is migrated as Django's own command would."""

from __future__ import annotations

import shutil
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from django.contrib.contenttypes.models import ContentType
from django.core.management import call_command
from django.core.management.commands.migrate import Command as DjangoMigrate
from django.db import connection
from django.db.migrations.state import StateApps
from django.test import override_settings

from apps.accounts.models import Role
from apps.robots import migrations as robot_migrations
from apps.tenants.catalog import describe, differences
from apps.tenants.context import owner_context, tenant_context
from apps.tenants.models import MigrationState, Organization
from apps.tenants.plans import plan_from
from apps.tenants.services.migrations import organization_migrate
from apps.tenants.services.organizations import organization_create

LATER = ["0005_first", "0006_second", "0007_third"]
HEADER = """
from django.contrib.postgres.operations import AddIndexConcurrently
from django.db import migrations, models

def note(text):
    def write(apps, schema_editor):
        ContentType = apps.get_model("contenttypes", "ContentType")
        number = ContentType.objects.get_for_model(apps.get_model("robots", "Robot")).pk
        Note = apps.get_model("robots", "Note")
        with schema_editor.connection.cursor() as cursor:
            cursor.execute("SELECT current_schema()")
            Note.objects.create(text=text + " " + cursor.fetchone()[0], number=number)
    return migrations.RunPython(write)

"""
MIGRATIONS = {
    "0005_first": """
class Migration(migrations.Migration):
    dependencies = [("robots", "0004_fewer_indexes"), ("contenttypes", "0002_remove_content_type_name")]
    operations = [
        migrations.AlterField("schedule", "name", models.CharField(max_length=120, blank=True, help_text="later")),
        migrations.CreateModel("Note", [
            ("id", models.BigAutoField(primary_key=True)),
            ("text", models.TextField()),
            ("number", models.IntegerField()),
        ]),
        note("first"),
        migrations.AddField("note", "mark", models.IntegerField(default=7), preserve_default=False),
    ]
""",
    "0006_second": """
class Migration(migrations.Migration):
    atomic = False
    dependencies = [("robots", "0005_first")]
    operations = [
        migrations.AlterField("note", "mark", models.IntegerField(null=True)),
        note("second"),
        AddIndexConcurrently("note", models.Index(fields=["text"], name="later_index")),
    ]
""",
    "0007_third": """
class Migration(migrations.Migration):
    dependencies = [("robots", "0006_second")]
    operations = [note("third"), migrations.RenameModel("ScheduleFiring", "Firing")]
""",
}


@pytest.fixture
def later(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """A program of tomorrow, with three migrations more."""
    package = tmp_path / "later_robots"
    shutil.copytree(Path(str(robot_migrations.__file__)).parent, package)
    for name, text in MIGRATIONS.items():
        (package / f"{name}.py").write_text(HEADER + text, encoding="utf-8")
    monkeypatch.syspath_prepend(tmp_path)
    plan_from.cache_clear()
    try:
        with override_settings(MIGRATION_MODULES={"robots": "later_robots"}):
            yield
    finally:
        plan_from.cache_clear()
        for module in [name for name in sys.modules if name.startswith("later_robots")]:
            del sys.modules[module]


@pytest.fixture
def others(live_organization: Organization) -> list[Organization]:
    return [organization_create(name=f"Other {number}") for number in range(2)]


def execute(organization: Organization, sql: str) -> None:
    with owner_context(organization.schema_name), connection.cursor() as cursor:
        cursor.execute(sql)


def notes(organization: Organization) -> list[tuple[str, int]]:
    with owner_context(organization.schema_name), connection.cursor() as cursor:
        cursor.execute("SELECT text, number FROM robots_note ORDER BY id")
        return [(str(text), number) for text, number in cursor.fetchall()]


def expected_notes(organization: Organization) -> list[tuple[str, int]]:
    with tenant_context(organization):
        number = ContentType.objects.get(app_label="robots", model="robot").pk
    return [(f"{which} {organization.schema_name}", number) for which in ("first", "second", "third")]


def recorded(schema: str) -> list[str]:
    with owner_context(schema), connection.cursor() as cursor:
        cursor.execute(
            "SELECT name FROM django_migrations WHERE app = 'robots' AND name = ANY(%s) ORDER BY id", [LATER]
        )
        return [name for (name,) in cursor.fetchall()]


def test_it_works(later: None, live_organization: Organization, others: list[Organization]) -> None:
    execute(  # ids of content types that are no other schema's
        others[0],
        "BEGIN; UPDATE auth_permission SET content_type_id = content_type_id + 1000;"
        "UPDATE django_content_type SET id = id + 1000; COMMIT",
    )
    for organization in (live_organization, *others):
        assert organization_migrate(organization.schema_name, "later") == ""
        assert recorded(organization.schema_name) == LATER
        assert notes(organization) == expected_notes(organization)
        with owner_context():
            row = Organization.objects.get(pk=organization.pk)
        assert (row.schema_version, row.migration_state, row.migration_error) == ("later", MigrationState.CURRENT, "")
    assert recorded("public") == []


def test_each_becomes_what_the_command_of_django_makes(
    later: None, live_organization: Organization, others: list[Organization]
) -> None:
    with owner_context(others[0].schema_name):
        call_command(DjangoMigrate(), interactive=False, verbosity=0, skip_checks=True)
    descriptions = []
    for organization in (others[0], live_organization, others[1]):
        assert organization_migrate(organization.schema_name, "later") == ""
        with owner_context(organization.schema_name):
            description = describe(organization.schema_name)
            assert ContentType.objects.filter(app_label="robots", model="firing").exists()
        del description["rows"], description["sequences"]  # times and ids, and models that this program does not have
        descriptions.append(description)
    assert differences(descriptions[0], descriptions[1]) == []
    assert differences(descriptions[0], descriptions[2]) == []


def test_models_are_made_once(
    later: None, live_organization: Organization, others: list[Organization], monkeypatch: pytest.MonkeyPatch
) -> None:
    assert organization_migrate(live_organization.schema_name, "later") == ""
    monkeypatch.setattr(StateApps, "render_multiple", lambda *_: pytest.fail("models made again"))
    assert organization_migrate(others[0].schema_name, "later") == ""
    assert notes(others[0]) == expected_notes(others[0])


def test_one_that_fails_in_the_middle_goes_on_where_it_ended(
    later: None, live_organization: Organization, others: list[Organization]
) -> None:
    failing, last = others
    execute(failing, "CREATE INDEX later_index ON robots_robot (id)")
    assert organization_migrate(live_organization.schema_name, "later") == ""
    assert "later_index" in organization_migrate(failing.schema_name, "later")
    assert recorded(failing.schema_name) == LATER[:1]
    assert [text.split()[0] for text, _number in notes(failing)] == ["first", "second"]  # it is not atomic
    assert organization_migrate(last.schema_name, "later") == ""
    assert notes(last) == expected_notes(last)

    execute(failing, "DROP INDEX later_index; DELETE FROM robots_note WHERE text LIKE 'second%'")
    assert organization_migrate(failing.schema_name, "later") == ""
    assert recorded(failing.schema_name) == LATER
    assert notes(failing) == expected_notes(failing)


def test_organizations_at_different_points(
    later: None, live_organization: Organization, others: list[Organization]
) -> None:
    with owner_context(others[0].schema_name):
        call_command(DjangoMigrate(), "robots", "0005", interactive=False, verbosity=0, skip_checks=True)
    for organization in (live_organization, *others):
        assert organization_migrate(organization.schema_name, "later") == ""
        assert recorded(organization.schema_name) == LATER
        assert notes(organization) == expected_notes(organization)


def test_what_fails_in_a_transaction_leaves_nothing_of_it(
    later: None, live_organization: Organization, others: list[Organization]
) -> None:
    execute(others[0], "CREATE TABLE robots_firing (id integer)")
    assert "robots_firing" in organization_migrate(others[0].schema_name, "later")
    assert recorded(others[0].schema_name) == LATER[:2]
    assert [text.split()[0] for text, _number in notes(others[0])] == ["first", "second"]


@pytest.mark.parametrize("removed", ["auth_permission", "django_content_type"])
def test_content_types_and_permissions_that_are_missing_are_made(live_organization: Organization, removed: str) -> None:
    with owner_context(live_organization.schema_name):
        ContentType.objects.filter(app_label="robots", model="schedulefiring").delete()
        if removed == "auth_permission":
            ContentType.objects.create(app_label="robots", model="schedulefiring")
    assert organization_migrate(live_organization.schema_name, "same") == ""
    with tenant_context(live_organization):
        found = ContentType.objects.get(app_label="robots", model="schedulefiring")
        assert found.permission_set.filter(codename="view_schedulefiring").exists()


def test_built_in_roles_are_written_where_they_differ(live_organization: Organization) -> None:
    with owner_context(live_organization.schema_name):
        before = {*Role.objects.values_list("slug", "group__permissions__codename")}
        Role.objects.get(slug="viewer").group.permissions.clear()
        Role.objects.filter(slug="operator").update(name="x", built_in=False)
    assert organization_migrate(live_organization.schema_name, "same") == ""
    with tenant_context(live_organization):
        assert {*Role.objects.values_list("slug", "group__permissions__codename")} == before
        assert Role.objects.filter(slug="operator", name="Operator", built_in=True).exists()
