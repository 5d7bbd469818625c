"""A database that cannot keep organizations apart is named before anything runs on it."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from typing import Any
from urllib.parse import urlsplit, urlunsplit
from uuid import uuid4

import psycopg
import pytest
from django.conf import settings
from django.core.checks import Tags, run_checks
from django.db import connection

from apps.tenants.checks import check_database, messages
from apps.tenants.models import Organization
from config.env import BASE_DIR

GOOD: dict[str, Any] = {"creates_roles": True, "is_superuser": False, "pooled": False}


def ids(version: int = 160004, **changed: bool) -> list[str | None]:
    return [message.id for message in messages(version, **(GOOD | changed))]


def test_it_works(organization: Organization) -> None:
    assert run_checks(tags=[Tags.database], databases=["default"]) == []
    assert check_database(databases=None) == []
    assert ids() == []


def test_old_servers_are_refused() -> None:
    assert ids(140012) == ["tenants.E001"]
    assert ids(150000) == []


def test_a_login_that_may_not_create_roles_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(settings, "TENANT_ROLES", True)
    assert ids(creates_roles=False) == ["tenants.E002"]
    assert ids(creates_roles=False, is_superuser=True) == ["tenants.W003"]
    monkeypatch.setattr(settings, "TENANT_ROLES", False)
    assert ids(creates_roles=False) == []


def test_a_pooler_is_pointed_at() -> None:
    assert ids(pooled=True) == ["tenants.W004"]


@pytest.fixture
def weak_login(organization: Organization) -> Iterator[str]:
    """The URL of the test database for a login that may do nothing special."""
    name, password = f"weak_{uuid4().hex}", uuid4().hex
    parts = urlsplit(os.environ["DATABASE_URL"])
    host = parts.netloc.rpartition("@")[2]
    with psycopg.connect(os.environ["DATABASE_URL"], autocommit=True) as administration:
        administration.execute(f"CREATE ROLE {name} LOGIN PASSWORD '{password}'".encode())
        database = connection.settings_dict["NAME"]
        yield urlunsplit(parts._replace(netloc=f"{name}:{password}@{host}", path=f"/{database}"))
        administration.execute(f"DROP ROLE {name}".encode())


def test_the_server_is_really_asked(weak_login: str) -> None:
    finished = subprocess.run(
        [sys.executable, "manage.py", "check", "--database", "default"],
        env=os.environ | {"DATABASE_URL": weak_login, "TENANT_ROLES": "on"},
        cwd=BASE_DIR,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert finished.returncode == 1
    assert "tenants.E002" in finished.stderr
