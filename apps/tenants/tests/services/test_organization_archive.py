"""One organization out as an archive, and in again as a fresh one, with runs, files and services."""

from __future__ import annotations

import hashlib
import io
import tarfile
from pathlib import Path
from typing import Any

import pytest
from django.contrib.auth.models import Group
from django.core.files.storage import default_storage
from django.utils import timezone
from rest_framework.test import APIClient

from apps.accounts.models import ApiKey, OidcSettings, Session, User
from apps.accounts.services.api_keys import api_key_create
from apps.accounts.services.credentials import actor_of_user
from apps.accounts.services.directory import directory_organizations
from apps.common.actor import Actor
from apps.common.errors import PermissionDenied
from apps.events.models import Event
from apps.executions.models import Artifact, Execution, Status
from apps.portal.models import Domain
from apps.robots.models import RobotVersion, Run
from apps.robots.tests.factories import artifact_made, logged, robot_made, run_ended, run_made, version_made
from apps.tenants.archive import Manifest
from apps.tenants.context import public_context, tenant_context
from apps.tenants.errors import ArchiveInvalid, ArchiveOfAnotherVersion, SchemaNotCurrent, SlugTaken
from apps.tenants.models import Organization, OrganizationSettings
from apps.tenants.services.exports import organization_export
from apps.tenants.services.imports import organization_import
from apps.tenants.services.organizations import organization_activate
from apps.tenants.services.removals import purge_contents
from apps.tenants.services.sweeping import schemas_sweep
from apps.tenants.storage import tenant_storage
from apps.tenants.tables import left_out
from apps.tenants.tests.archives import rewritten
from conftest import PASSWORD, bearer, make_user
from tests.storages import bucket_storage, object_server

__all__ = ["bucket_storage", "object_server"]
NOW = timezone.now()
ADMIN = Actor.system("admin", schema="platform")
EMAIL = "somebody@archive.example"


def furnished(organization: Organization) -> Run:
    """A run with a log and an artifact, one that waits, a package, a domain, somebody with a key, and settings."""
    schema = organization.schema_name
    with tenant_context(organization):
        user = make_user(EMAIL, "org_admin", password=PASSWORD)
        api_key_create(actor=actor_of_user(user, schema=schema, ip=None), name="Key", permissions=["run.read"], now=NOW)
        robot = robot_made(schema, "Closing")
        version_made(schema, robot, "print('hello')\n")
        run = run_ended(run_made(schema, robot))
        logged(run, "one", "two\tand\\a backslash", "três")
        artifact_made(run, b"a,b\n1,2\n")
        run_made(schema, robot)
        Domain.objects.create(name="Finance", slug="finance")
        Group.objects.create(name="Beside roles")
        OidcSettings.objects.create(
            issuer="https://issuer.example",
            audience="hub",
            client_secret=b"sealed",
            jwks_uri="https://issuer.example/keys",
            keys_fetched_at=NOW,
        )
    with public_context():
        OrganizationSettings.objects.create(
            organization_id=schema, timezone="America/Sao_Paulo", custom_labels={"user_label": "Colleague"}
        )
        Organization.objects.filter(pk=organization.pk).update(theme_primary_color="#123456", plan="gold")
    return run


def counts(organization: Organization) -> dict[str, int]:
    """Rows by table, those of tables without any left aside, of what goes into archives."""
    rows = purge_contents(actor=ADMIN, organization=organization)["rows_by_table"]
    return {table: count for table, count in rows.items() if table not in left_out()}


def exported(organization: Organization) -> tuple[io.BytesIO, Manifest]:
    target = io.BytesIO()
    with public_context():
        fresh = Organization.objects.get(pk=organization.pk)
    return target, organization_export(actor=ADMIN, organization=fresh, target=target, now=NOW)


@pytest.fixture(autouse=True)
def _own_storage(folder_storage: Path) -> None:
    """Folders of other tests come and go."""


def traces() -> tuple[set[str], list[str], set[str]]:
    """Slugs, schemas without an organization, and folders: what an import that comes to nothing must leave alone."""
    orphans = schemas_sweep(dry_run=True)
    with public_context():
        slugs = {*Organization.objects.values_list("slug", flat=True)}
    folders = default_storage.listdir("")[0] if default_storage.exists("") else []
    return slugs, [*orphans.schemas, *orphans.roles], {*folders}


def imported(archive: io.BytesIO, slug: str = "copy", **options: Any) -> Organization:
    return organization_import(actor=ADMIN, archive=archive, slug=slug, now=NOW, **options)[0]


def test_it_works(live_organization: Organization) -> None:
    run = furnished(live_organization)
    before = counts(live_organization)
    archive, manifest = exported(live_organization)
    copy = imported(archive, is_active=True)
    assert copy.schema_name != live_organization.schema_name
    assert counts(copy) == before == counts(live_organization)
    assert (manifest.files, manifest.left_out["accounts_apikey"]) == (2, 1)
    assert (copy.name, copy.plan, copy.theme_primary_color) == ("Live", "gold", "#123456")
    assert [found.slug for found in directory_organizations(email=EMAIL)] == ["copy", "live"]
    with tenant_context(copy):
        assert (copy.settings.timezone, copy.settings.labels["user_label"]) == ("America/Sao_Paulo", "Colleague")
        assert User.objects.get(email=EMAIL).check_password(PASSWORD)
        assert not ApiKey.objects.exists()
        assert not Session.objects.exists()
        assert Domain.objects.get().slug == "finance"
        stored = Execution.objects.get(pk=run.pk)
        assert [line[3] for chunk in stored.chunks.all() for line in chunk.lines] == [
            "one",
            "two\tand\\a backslash",
            "três",
        ]
        artifact = Artifact.objects.get(execution_id=run.pk)
        with tenant_storage.open(artifact.storage_name) as file:
            assert hashlib.sha256(file.read()).hexdigest() == artifact.sha256
        with tenant_storage.open(RobotVersion.objects.get().storage_name) as file:
            assert file.read()
        assert [*Execution.objects.exclude(pk=run.pk).values_list("status", flat=True)] == [Status.LOST]
        assert OidcSettings.objects.get().client_secret is None
        assert Group.objects.create(name="Later").pk > Group.objects.get(name="Beside roles").pk
    with tenant_context(live_organization):
        assert Execution.objects.filter(status=Status.PENDING).count() == 1
        assert ApiKey.objects.count() == 1
        assert OidcSettings.objects.get().client_secret is not None
    with tenant_context("platform"):
        names = [*Event.objects.order_by("id").values_list("name", flat=True)]
        assert names[-2:] == ["organization.exported", "organization.imported"]


def test_the_run_is_readable_there(live_organization: Organization) -> None:
    run = furnished(live_organization)
    archive, _manifest = exported(live_organization)
    copy = imported(archive)
    organization_activate(actor=ADMIN, organization=copy, now=NOW)
    with tenant_context(copy):
        token = bearer(User.objects.get(email=EMAIL), copy)
    client = APIClient(SERVER_NAME="copy.localhost", HTTP_AUTHORIZATION=f"Bearer {token}")
    page = f"/api/v1/runs/{run.pk}"
    assert client.get(page).json()["status"] == "SUCCESS"
    assert "três" in client.get(f"{page}/logs").content.decode()
    (artifact,) = client.get(f"{page}/artifacts").json()["artifacts"]
    assert client.get(f"{page}/artifacts/{artifact['id']}/download").getvalue() == b"a,b\n1,2\n"


@pytest.mark.usefixtures("bucket_storage")
def test_out_of_a_bucket_and_into_one(live_organization: Organization) -> None:
    run = furnished(live_organization)
    archive, manifest = exported(live_organization)
    copy = imported(archive)
    assert manifest.files == 2
    with tenant_context(copy):
        artifact = Artifact.objects.get(execution_id=run.pk)
        with tenant_storage.open(artifact.storage_name) as file:
            assert file.read() == b"a,b\n1,2\n"


def test_it_is_switched_off_until_somebody_activates_it(live_organization: Organization) -> None:
    archive, _manifest = exported(live_organization)
    copy = imported(archive)
    with public_context():
        assert Organization.objects.get(pk=copy.pk).is_active is False


def test_only_a_fresh_one(live_organization: Organization) -> None:
    archive, _manifest = exported(live_organization)
    before = traces()
    for slug in (live_organization.slug, "admin", "No Slug", ""):
        with pytest.raises(SlugTaken):
            imported(archive, slug)
    assert traces() == before


def test_of_another_version(live_organization: Organization) -> None:
    archive, _manifest = exported(live_organization)
    with pytest.raises(ArchiveOfAnotherVersion):
        imported(rewritten(archive, manifest={"schema_version": "0" * 64}))


def test_a_schema_that_is_behind_is_not_exported(live_organization: Organization) -> None:
    with public_context():
        Organization.objects.filter(pk=live_organization.pk).update(schema_version="old")
    with pytest.raises(SchemaNotCurrent):
        exported(live_organization)


def test_only_the_platform_may(live_organization: Organization) -> None:
    archive, _manifest = exported(live_organization)
    other = Actor.system("x", schema=live_organization.schema_name)
    with pytest.raises(PermissionDenied):
        organization_export(actor=other, organization=live_organization, target=io.BytesIO(), now=NOW)
    with pytest.raises(PermissionDenied):
        organization_import(actor=other, archive=archive, slug="copy", now=NOW)


LINK, FOLDER, EXTENDED, SPARSE = tarfile.SYMTYPE, tarfile.DIRTYPE, tarfile.XHDTYPE, tarfile.GNUTYPE_SPARSE
WRONG: list[dict[str, Any]] = [
    {"manifest": {"format": 2}},
    {"manifest": {"files": 3}},
    {"manifest": {"file_bytes": 1}},
    {"manifest": {"more": 1}},
    {"manifest": {"tables": {}}},
    {"manifest": {"organization": {"name": "Two\nlines"}}},
    {"manifest": {"organization": {"name": 5}}},
    {"manifest": {"settings": {"timezone": "Mars"}}},
    {"manifest": {"settings": {"booking_interval": "many"}}},
    {"manifest": {"settings": {"working_hours_start": 7}}},
    {"rows": {"portal_domain": 2}},
    {"columns": {"portal_domain": ["id"]}},
    {"contents": {"tables/portal_domain.copy": b"no row\n"}},
    {"contents": {"tables/accounts_user.copy": b""}},
    {"contents": {"files.jsonl": b"nonsense"}},
    {"names": ["../../outside", "b"]},
    {"names": ["/etc/passwd", "b"]},
    {"names": ["a/../b", "b"]},
    {"names": ["same", "same"]},
    {"names": ["a\u0000b", "b"]},
    {"names": ["x" * 2000, "b"]},
    {"names": ["only"]},
    {"names": ["a", "b", "c"]},
    {"more": ("links", LINK)},
    {"more": ("files/0000000009", LINK)},
    {"more": ("folder", FOLDER)},
    {"more": ("extended", EXTENDED)},
    {"more": ("sparse", SPARSE)},
    {"more": ("../outside", tarfile.REGTYPE)},
    {"more": ("tables/portal_domain.copy", tarfile.REGTYPE)},
    {"more": ("files/0000000009", tarfile.REGTYPE)},
]


def test_hostile_archives(live_organization: Organization) -> None:
    """One organization for all of them: filling it takes longer than refusing."""
    furnished(live_organization)
    archive, _manifest = exported(live_organization)
    whole, before = archive.getvalue(), traces()
    place = whole.index(b"a,b\n1,2\n")
    broken = {f"cut at {cut}": whole[:cut] for cut in (0, 1, 700, 20_000, -11_000)}
    broken["one byte"] = whole[:place] + b"A" + whole[place + 1 :]
    broken |= {str(change)[:200]: rewritten(archive, **change).getvalue() for change in WRONG}
    taken = []
    for what, given in broken.items():
        try:
            imported(io.BytesIO(given))
        except ArchiveInvalid:
            continue
        taken.append(what)
    assert not taken
    assert traces() == before
    assert imported(rewritten(archive)).slug == "copy"  # what nobody changed is taken
