"""The tick that delivers what waits."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from threading import Barrier
from typing import Any

import pytest
from django.db import connections, transaction
from django.test.utils import CaptureQueriesContext

from apps.events.models import Event
from apps.mail.errors import MailPostponed, MailServerAway
from apps.mail.models import MailState, OutgoingMail
from apps.mail.services import mail_order, mails_deliver
from apps.mail.tests.conftest import KIND, NOW, Desk, row, rows
from apps.tenants.context import public_context, tenant_context
from apps.tenants.models import Organization

Ordered = Callable[..., OutgoingMail]


@pytest.mark.usefixtures("delivering")
def test_it_works(ordered: Ordered, mailoutbox: list[Any]) -> None:
    for number in range(3):
        ordered(number=number)
    assert mails_deliver(now=NOW) == 3
    assert (len(mailoutbox), rows()) == (3, 0)


@pytest.mark.usefixtures("delivering")
def test_one_that_fails_stops_no_other(ordered: Ordered, desk: Desk) -> None:
    for _ in range(2):
        ordered()
    desk.error = ZeroDivisionError()
    assert mails_deliver(now=NOW) == 2
    desk.error = MailPostponed()
    assert mails_deliver(now=NOW + timedelta(minutes=1)) == 2


@pytest.mark.usefixtures("delivering")
def test_a_server_that_is_away_is_not_asked_again_in_the_same_tick(ordered: Ordered, desk: Desk) -> None:
    for _ in range(3):
        ordered()
    desk.error = MailServerAway()
    mails_deliver(now=NOW)
    assert len(desk.orders) == 1


@pytest.mark.parametrize("delivery", ["off", "server"])
def test_what_is_too_late_is_given_up(
    ordered: Ordered, desk: Desk, organization: Organization, settings: Any, delivery: str
) -> None:
    settings.MAIL_DELIVERY = delivery
    ordered(life=timedelta(minutes=5), address="typed@acme.example")
    mails_deliver(now=NOW + timedelta(minutes=5))
    assert desk.orders == []
    assert (row().state, row().error, row().data) == (MailState.FAILED, "expired", {})
    with tenant_context(organization):
        assert Event.objects.get(name="mail.failed").data == {"kind": KIND, "error": "expired"}


@pytest.mark.usefixtures("delivering")
def test_with_nothing_to_do_it_asks_twice(organization: Organization) -> None:
    with public_context(), CaptureQueriesContext(connections["default"]) as queries:
        mails_deliver(now=NOW)
    assert len([each for each in queries if each["sql"].startswith("SELECT")]) == 2


@pytest.mark.usefixtures("delivering", "transactional_db")
def test_two_at_once_send_each_mail_once(organization: Organization, desk: Desk, mailoutbox: list[Any]) -> None:
    with tenant_context(organization), transaction.atomic():
        for number in range(8):
            mail_order(kind=KIND, data={"number": number}, life=timedelta(hours=1), now=NOW)
    start = Barrier(4, timeout=30)

    def tick() -> None:
        start.wait()
        try:
            mails_deliver(now=NOW)
        finally:
            connections.close_all()

    with ThreadPoolExecutor(4) as pool:
        for done in [pool.submit(tick) for _ in range(4)]:
            done.result(timeout=60)
    assert sorted(order.data["number"] for order in desk.orders) == list(range(8))
    assert len(mailoutbox) == 8
