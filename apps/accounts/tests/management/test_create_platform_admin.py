"""manage.py create_platform_admin."""

from __future__ import annotations

import io

import pytest
from django.core.management import CommandError, call_command
from django.test import Client

from apps.accounts.models import User
from apps.events.models import Event
from apps.tenants.context import tenant_context
from apps.tenants.models import Organization
from conftest import PASSWORD

EMAIL = "root@platform.example"


def run(*arguments: str) -> str:
    out = io.StringIO()
    call_command("create_platform_admin", EMAIL, *arguments, stdout=out)
    return out.getvalue()


@pytest.mark.usefixtures("organization")
def test_it_works_from_any_context_and_shows_the_password_once() -> None:
    password = run().rpartition(": ")[2].strip()
    with tenant_context("platform"):
        user = User.objects.get(email=EMAIL)
        assert user.role.slug == "super_admin"
        assert user.check_password(password)
        assert Event.objects.filter(name="user.created", subject_id=str(user.pk), actor_type="system").exists()
    answer = Client(SERVER_NAME="localhost").post(
        "/api/v1/auth/login", {"email": EMAIL, "password": password}, content_type="application/json"
    )
    assert answer.json()["user"]["role"] == "super_admin"
    assert answer.json()["organization"]["slug"] == "platform"


@pytest.mark.usefixtures("organization")
def test_a_password_on_standard_input_is_not_shown(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sys.stdin", io.StringIO(f"{PASSWORD}\n"))
    assert PASSWORD not in run("--password-stdin")
    with tenant_context("platform"):
        assert User.objects.get(email=EMAIL).check_password(PASSWORD)


@pytest.mark.usefixtures("organization")
def test_a_weak_password_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sys.stdin", io.StringIO("weak\n"))
    with pytest.raises(CommandError, match="digit"):
        run("--password-stdin")


def test_twice_is_refused(organization: Organization) -> None:
    run()
    with pytest.raises(CommandError, match="already exists"):
        run()
