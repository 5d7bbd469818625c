"""What tests of mail share."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

import pytest
from django.db import transaction
from django.utils import timezone

from apps.mail.letters import Letter, Order, _writers
from apps.mail.models import OutgoingMail
from apps.mail.services import mail_order
from apps.tenants.context import public_context, tenant_context
from apps.tenants.models import Organization

KIND = "tests.note"
NOW = timezone.now()
LINK = "https://acme.example/?token=ofp_secret"


@dataclass
class Desk:
    """Writes the tests' mails: what it raises or returns a test may change."""

    to: str = "reader@acme.example"
    wanted: bool = True
    error: Exception | None = None
    orders: list[Order] = field(default_factory=list)

    def __call__(self, order: Order, now: datetime) -> Letter | None:
        self.orders.append(order)
        if self.error is not None:
            raise self.error
        if not self.wanted:
            return None
        return Letter(self.to, f"A note of {order.organization}", f"Open {LINK}\n", f'<a href="{LINK}">Open</a>')


@pytest.fixture(autouse=True)
def _server_is_there(monkeypatch: pytest.MonkeyPatch) -> None:
    """No test finds the server away because of another."""
    monkeypatch.setattr("apps.mail.services._away_until", 0.0)


@pytest.fixture
def desk() -> Iterator[Desk]:
    desk = Desk()
    _writers[KIND] = desk
    yield desk
    del _writers[KIND]


@pytest.fixture
def delivering(settings: Any) -> None:
    """A server is configured; Django's tests put a list in its place."""
    settings.MAIL_DELIVERY = "server"


@pytest.fixture
def ordered(organization: Organization, desk: Desk) -> Callable[..., OutgoingMail]:
    """Orders a mail of the organization."""

    def order(*, life: timedelta = timedelta(hours=1), now: datetime = NOW, **data: Any) -> OutgoingMail:
        with tenant_context(organization), transaction.atomic():
            mail_order(kind=KIND, data=data, life=life, now=now)
        return row()

    return order


def row() -> OutgoingMail:
    """The youngest mail there is."""
    with public_context():
        return OutgoingMail.objects.latest("id")


def rows() -> int:
    with public_context():
        return OutgoingMail.objects.count()
