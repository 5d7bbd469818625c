"""The two back-offices: who gets in, and that nothing is written past a service."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from apps.common.admin import IdempotencyRecordAdmin
from apps.common.admin_sites import organization_site
from apps.common.models import IdempotencyRecord

HOST, SHARED = "acme.localhost", "localhost"
RECORDS = "/admin/common/idempotencyrecord/"


@pytest.fixture(autouse=True)
def _real_routes(_tiny_api: None, settings: Any) -> None:
    settings.ROOT_URLCONF, settings.PLATFORM_URLCONF = "config.urls", "config.urls_platform"


def signed_in(user: Any, password: str = "Correct-horse-7") -> Client:
    """A browser that went through the login page."""
    user.set_password(password)
    user.save(update_fields=["password"])
    client = Client(SERVER_NAME=HOST)
    answer = client.post("/admin/login/?next=/admin/", {"username": user.email, "password": password})
    assert answer.status_code == 302, answer.content
    return client


@pytest.fixture
def record(organization: object) -> IdempotencyRecord:
    now = timezone.now()
    return IdempotencyRecord.objects.create(
        digest="d" * 64, request_digest="r" * 64, answer=b"sealed", expires_at=now + timedelta(days=1)
    )


def test_it_works(owner: Any, record: IdempotencyRecord) -> None:
    client = signed_in(owner)
    assert client.get("/admin/").status_code == client.get("/admin").status_code == 200
    page = client.get(RECORDS).content.decode()
    assert record.digest[:12] in page
    assert client.get(f"{RECORDS}{record.pk}/change/").status_code == 200


@pytest.mark.parametrize("host", [HOST, SHARED])
def test_nobody_known_comes_to_the_login_page(organization: object, host: str) -> None:
    client = Client(SERVER_NAME=host)
    assert client.get("/admin/")["Location"] == "/admin/login/?next=/admin/"
    page = client.get("/admin/login/")
    assert page.status_code == 200
    assert b'name="password"' in page.content
    scripts = next(part for part in page["Content-Security-Policy"].split("; ") if part.startswith("script-src"))
    assert scripts == "script-src 'self' 'unsafe-eval'"


def test_a_wrong_password_stays_outside(owner: Any) -> None:
    signed_in(owner)
    client = Client(SERVER_NAME=HOST)
    answer = client.post("/admin/login/", {"username": owner.email, "password": "Wrong-horse-7"})
    assert answer.status_code == 200
    assert client.get("/admin/").status_code == 302


def test_people_of_an_organization_have_no_business_at_the_platform(owner: Any) -> None:
    client = signed_in(owner)
    client.defaults["SERVER_NAME"] = SHARED
    assert client.get("/admin/").status_code == 302


def test_who_holds_no_right_sees_no_rows(stranger: Any, record: IdempotencyRecord) -> None:
    client = signed_in(stranger)
    assert RECORDS not in client.get("/admin/").content.decode()
    assert client.get(RECORDS).status_code == 403
    assert client.get(f"{RECORDS}{record.pk}/change/").status_code == 403


def test_nothing_is_written_past_a_service(owner: Any, record: IdempotencyRecord) -> None:
    client = signed_in(owner)
    assert client.post(f"{RECORDS}add/", {}).status_code == 403
    assert client.post(f"{RECORDS}{record.pk}/change/", {"digest": "x"}).status_code == 403
    assert client.post(f"{RECORDS}{record.pk}/delete/", {"post": "yes"}).status_code == 403
    chosen = {"action": "delete_selected", "_selected_action": [str(record.pk)], "post": "yes"}
    client.post(RECORDS, chosen)
    assert IdempotencyRecord.objects.get(pk=record.pk).digest == record.digest


def test_what_is_sealed_is_not_shown(owner: Any, record: IdempotencyRecord) -> None:
    page = signed_in(owner).get(f"{RECORDS}{record.pk}/change/").content
    assert b"sealed" not in page


@pytest.mark.parametrize("path", ["x/change/", "%00/change/", "?q=%00", "?p=999999", "?e=1&o=99", "?created_at__x=1"])
def test_odd_addresses_break_nothing(owner: Any, path: str) -> None:
    client = signed_in(owner)
    client.raise_request_exception = False
    assert client.get(RECORDS + path).status_code < 500


def test_a_page_that_writes_needs_a_service() -> None:
    page = IdempotencyRecordAdmin(IdempotencyRecord, organization_site)
    with pytest.raises(TypeError, match="save_through"):
        page.save_through(None, None, change=False)  # type: ignore[arg-type]
