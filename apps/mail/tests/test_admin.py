"""Mails in the platform's back-office, and in no organization's."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from django.test import Client

from apps.accounts.models import User
from apps.mail.models import OutgoingMail
from apps.mail.services import mail_deliver
from apps.mail.tests.conftest import LINK, NOW
from apps.tenants.context import public_context, tenant_context
from conftest import make_user

URL = "/admin/mail/outgoingmail/"


@pytest.fixture
def browser(db: None) -> Client:
    client = Client(SERVER_NAME="localhost")
    with tenant_context("platform"):
        client.force_login(make_user("root@platform.example", "super_admin"))
    return client


def test_mails_of_development_are_read_there(
    browser: Client, ordered: Callable[..., OutgoingMail], settings: Any
) -> None:
    settings.MAIL_DELIVERY = "outbox"
    mail = ordered()
    mail_deliver(mail_id=mail.pk, now=NOW)
    listed = browser.get(URL)
    assert listed.status_code == 200
    assert b"A note of Acme" in listed.content
    page = browser.get(f"{URL}{mail.pk}/change/")
    assert page.status_code == 200
    assert LINK in page.content.decode()


def test_the_list_names_organizations(browser: Client, ordered: Callable[..., OutgoingMail]) -> None:
    kept, left = ordered(), ordered()
    with public_context():
        OutgoingMail.objects.filter(pk=left.pk).update(schema_name="t_gone00000000")
    listed = browser.get(URL).content.decode()
    assert "Acme" in listed
    assert kept.schema_name not in listed
    assert "t_gone00000000" in listed


def test_nothing_can_be_written_there(browser: Client, ordered: Callable[..., OutgoingMail]) -> None:
    mail = ordered(address="typed@acme.example")
    assert browser.get(f"{URL}add/").status_code == 403
    assert browser.post(f"{URL}{mail.pk}/change/", {"state": "sent"}).status_code == 403
    assert browser.post(f"{URL}{mail.pk}/delete/", {"post": "yes"}).status_code == 403
    assert b"typed@acme.example" not in browser.get(f"{URL}{mail.pk}/change/").content


def test_an_organization_has_no_such_page(owner: User) -> None:
    client = Client(SERVER_NAME="acme.localhost")
    client.force_login(owner)
    assert client.get(URL).status_code == 404
