"""Ordering a mail."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

import pytest
from django.db import DatabaseError, connection, transaction
from django.utils import translation

from apps.mail.models import MailState, OutgoingMail
from apps.mail.services import NoTransactionError, mail_order
from apps.mail.tests.conftest import KIND, NOW, rows
from apps.tenants.context import OutsideTenantError, tenant_context
from apps.tenants.models import Organization

LIFE = timedelta(hours=1)


def test_it_works(ordered: Callable[..., OutgoingMail], organization: Organization) -> None:
    with translation.override("pt-br"):
        mail = ordered(user_id="7")
    assert (mail.schema_name, mail.kind, mail.data) == (organization.schema_name, KIND, {"user_id": "7"})
    assert (mail.state, mail.attempts, mail.language) == (MailState.WAITING, 0, "pt-br")
    assert (mail.available_at, mail.expires_at) == (NOW, NOW + LIFE)
    assert mail.text == mail.subject == mail.recipient == ""


def test_without_an_organization_it_is_refused(db: None) -> None:
    with pytest.raises(OutsideTenantError):
        mail_order(kind=KIND, data={}, life=LIFE, now=NOW)


@pytest.mark.usefixtures("transactional_db")
def test_without_a_transaction_it_is_refused(organization: Organization) -> None:
    with pytest.raises(NoTransactionError):
        mail_order(kind=KIND, data={}, life=LIFE, now=NOW)


def test_it_goes_with_its_transaction(organization: Organization) -> None:
    with transaction.atomic():
        mail_order(kind=KIND, data={}, life=LIFE, now=NOW)
        transaction.set_rollback(True)
    assert rows() == 0


def test_an_organization_cannot_read_the_mails_even_with_our_code_broken(
    ordered: Callable[..., OutgoingMail], organization: Organization
) -> None:
    ordered()
    with (
        tenant_context(organization),
        pytest.raises(DatabaseError, match="permission denied"),
        transaction.atomic(),
        connection.cursor() as cursor,
    ):
        cursor.execute("SELECT * FROM public.mail_outgoingmail")
