"""export_organization and import_organization."""

from __future__ import annotations

from io import StringIO
from pathlib import Path
from typing import Any

import pytest
from django.core.management import CommandError, call_command

from apps.tenants.context import tenant_context
from apps.tenants.models import Organization
from apps.tenants.selectors import organization_by_slug
from conftest import make_user

OWN_ONLY = 0o600


def run(name: str, *arguments: Any, **options: Any) -> str:
    output = StringIO()
    call_command(name, *map(str, arguments), stdout=output, **options)
    return output.getvalue()


def test_it_works(live_organization: Organization, tmp_path: Path) -> None:
    with tenant_context(live_organization):
        make_user("somebody@archive.example", "viewer")
    file = tmp_path / "live.tar"
    said = run("export_organization", live_organization.slug, "--to", file)
    assert "0 files; left out: 0 of accounts_apikey" in said
    assert file.stat().st_mode & 0o777 == OWN_ONLY
    assert [found.name for found in tmp_path.iterdir()] == ["live.tar"]
    assert "switched off" in run("import_organization", file, "--slug", "one")
    assert "in use" in run("import_organization", file, "--slug", "two", activate=True)
    active = [found.is_active for slug in ("one", "two") if (found := organization_by_slug(slug)) is not None]
    assert active == [False, True]


def test_what_is_refused_is_said(live_organization: Organization, tmp_path: Path) -> None:
    file = tmp_path / "live.tar"
    with pytest.raises(CommandError, match="no organization"):
        run("export_organization", "nobody", "--to", file)
    run("export_organization", live_organization.slug, "--to", file)
    before = file.read_bytes()
    with pytest.raises(CommandError, match="exists"):
        run("export_organization", live_organization.slug, "--to", file)
    assert file.read_bytes() == before
    with pytest.raises(CommandError, match="slug is taken"):
        run("import_organization", file, "--slug", live_organization.slug)
    file.write_bytes(before[:5000])
    with pytest.raises(CommandError, match="no whole archive"):
        run("import_organization", file, "--slug", "copy")
    with pytest.raises(CommandError, match="No such file"):
        run("import_organization", tmp_path / "nothing.tar", "--slug", "copy")
    assert organization_by_slug("copy") is None


def test_another_export_at_the_same_time(live_organization: Organization, tmp_path: Path) -> None:
    partial = tmp_path / "live.tar.partial"
    partial.write_bytes(b"theirs")
    with pytest.raises(CommandError, match="another export"):
        run("export_organization", live_organization.slug, "--to", tmp_path / "live.tar")
    assert partial.read_bytes() == b"theirs"


def test_the_platform_is_not_exported(live_organization: Organization, tmp_path: Path) -> None:
    with pytest.raises(CommandError):
        run("export_organization", "platform", "--to", tmp_path / "platform.tar")
    assert [*tmp_path.iterdir()] == []
