"""Delivering one mail."""

from __future__ import annotations

import time
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
import structlog
from django.conf import settings as django_settings
from django.core.mail import EmailMultiAlternatives

from apps.events.models import Event
from apps.mail.errors import MailPostponed, MailRefused, MailServerAway
from apps.mail.models import MailState, OutgoingMail
from apps.mail.services import CLAIM, FIRST_PAUSE, LONGEST_PAUSE, mail_deliver
from apps.mail.tests.conftest import KIND, LINK, NOW, Desk, row, rows
from apps.tenants.context import public_context, tenant_context
from apps.tenants.models import Organization

Outbox = list[EmailMultiAlternatives]
Ordered = Callable[..., OutgoingMail]


def deliver(mail: OutgoingMail, *, after: timedelta = timedelta()) -> None:
    mail_deliver(mail_id=mail.pk, now=NOW + after)


@pytest.mark.usefixtures("delivering")
class TestWithAServer:
    def test_it_works(
        self, ordered: Ordered, desk: Desk, organization: Organization, mailoutbox: Outbox, settings: Any
    ) -> None:
        settings.DEFAULT_FROM_EMAIL = "Oficina <no-reply@oficina.example>"
        mail = ordered(user_id="7")
        deliver(mail)
        [sent] = mailoutbox
        assert (sent.to, sent.subject) == (["reader@acme.example"], "A note of Acme")
        assert LINK in str(sent.body)
        assert [kind for _html, kind in sent.alternatives] == ["text/html"]
        assert sent.extra_headers["Message-ID"] == f"<{mail.pk}@oficina.example>"
        assert sent.extra_headers["Auto-Submitted"] == "auto-generated"
        assert (desk.orders[0].organization, desk.orders[0].data) == (organization, {"user_id": "7"})

    def test_nothing_is_kept(self, ordered: Ordered) -> None:
        deliver(ordered())
        assert rows() == 0

    def test_twice_is_once(self, ordered: Ordered, mailoutbox: Outbox) -> None:
        mail = ordered()
        deliver(mail)
        deliver(mail)
        assert len(mailoutbox) == 1

    def test_nobody_else_sends_it_meanwhile(self, ordered: Ordered, desk: Desk, mailoutbox: Outbox) -> None:
        mail = ordered()
        desk.error = RuntimeError("killed")
        with public_context():
            OutgoingMail.objects.update(attempts=1, available_at=NOW + CLAIM)  # as a claim does
        deliver(mail)
        assert desk.orders == []
        desk.error = None
        deliver(mail, after=CLAIM)  # whoever claimed it is gone
        assert len(mailoutbox) == 1

    def test_what_is_not_wanted_any_more_is_not_sent(self, ordered: Ordered, desk: Desk, mailoutbox: Outbox) -> None:
        desk.wanted = False
        deliver(ordered())
        assert (mailoutbox, rows()) == ([], 0)

    def test_what_may_work_later_is_tried_later(self, ordered: Ordered, desk: Desk, mailoutbox: Outbox) -> None:
        mail, desk.error = ordered(), MailPostponed("SMTP 451 4.7.1")
        deliver(mail)
        waiting = row()
        assert (waiting.state, waiting.attempts, waiting.error) == (MailState.WAITING, 1, "SMTP 451 4.7.1")
        assert waiting.available_at == NOW + FIRST_PAUSE
        desk.error = None
        deliver(mail, after=FIRST_PAUSE - timedelta(seconds=1))
        assert mailoutbox == []
        deliver(mail, after=FIRST_PAUSE)
        assert len(mailoutbox) == 1

    def test_a_server_that_was_just_away_is_left_to_the_tick(
        self, ordered: Ordered, desk: Desk, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        first, second, desk.error = ordered(), ordered(), MailServerAway()
        deliver(first)
        deliver(second)
        assert len(desk.orders) == 1
        assert row().attempts == 0
        monkeypatch.setattr("apps.mail.services._away_until", time.monotonic())
        deliver(second)
        assert len(desk.orders) == 2

    def test_pauses_grow_to_a_quarter_of_an_hour(self, ordered: Ordered, desk: Desk) -> None:
        mail, desk.error, at, pauses = ordered(life=timedelta(days=7)), MailPostponed(), timedelta(), []
        for _attempt in range(12):
            deliver(mail, after=at)
            pauses.append(row().available_at - NOW - at)
            at += pauses[-1]
        assert pauses[:3] == [FIRST_PAUSE, FIRST_PAUSE * 2, FIRST_PAUSE * 4]
        assert pauses[-3:] == [LONGEST_PAUSE] * 3

    def test_what_is_refused_for_good_stands_in_the_ledger(
        self, ordered: Ordered, desk: Desk, organization: Organization
    ) -> None:
        mail, desk.error = ordered(user_id="7", address="typed@acme.example"), MailRefused("SMTP 550 5.1.1")
        deliver(mail)
        failed = row()
        assert (failed.state, failed.error, failed.data) == (MailState.FAILED, "SMTP 550 5.1.1", {})
        with tenant_context(organization):
            event = Event.objects.get(name="mail.failed")
        assert event.data == {"kind": KIND, "error": "SMTP 550 5.1.1", "user_id": "7"}
        deliver(mail, after=timedelta(minutes=30))
        assert len(desk.orders) == 1

    def test_a_fault_of_the_writer_is_tried_again(self, ordered: Ordered, desk: Desk) -> None:
        mail, desk.error = ordered(), ZeroDivisionError("ofp_secret")
        deliver(mail)
        assert (row().state, row().error) == (MailState.WAITING, "ZeroDivisionError")

    def test_a_kind_of_a_newer_program_waits_for_it(self, ordered: Ordered) -> None:
        mail = ordered()
        with public_context():
            OutgoingMail.objects.update(kind="tests.unheard_of")
        deliver(mail)
        assert (row().state, row().error) == (MailState.WAITING, "UnknownKindError")

    def test_a_mail_of_an_organization_that_is_gone_goes_too(self, ordered: Ordered, desk: Desk) -> None:
        mail = ordered()
        with public_context():
            OutgoingMail.objects.update(schema_name="t_000000000000")
        deliver(mail)
        assert (desk.orders, rows()) == ([], 0)

    def test_the_log_tells_no_secret(self, ordered: Ordered, desk: Desk) -> None:
        with structlog.testing.capture_logs() as logs:
            deliver(ordered())
            desk.error = MailRefused("SMTP 550")
            deliver(ordered())
        assert [line["event"] for line in logs if line["event"].startswith("mail_not_sent")] == ["mail_not_sent"]
        assert "ofp_secret" not in str(logs)


class TestInDevelopment:
    @pytest.fixture(autouse=True)
    def _development(self, settings: Any) -> None:
        settings.MAIL_DELIVERY = "outbox"

    def test_it_is_printed_and_kept(self, ordered: Ordered, mailoutbox: Outbox) -> None:
        mail = ordered(user_id="7")
        deliver(mail)
        kept = row()
        assert (kept.state, kept.sent_at, kept.data) == (MailState.SENT, NOW, {})
        assert (kept.recipient, kept.subject) == ("reader@acme.example", "A note of Acme")
        assert LINK in kept.text
        assert mailoutbox[0].alternatives == []  # people read the console

    def test_once(self, ordered: Ordered, mailoutbox: Outbox) -> None:
        mail = ordered()
        deliver(mail)
        deliver(mail)
        assert len(mailoutbox) == 1


def test_without_a_server_it_waits(ordered: Ordered, desk: Desk, mailoutbox: Outbox) -> None:
    assert django_settings.MAIL_DELIVERY == "off"  # nothing is configured for tests
    deliver(ordered())
    assert (desk.orders, mailoutbox) == ([], [])
    assert (row().state, row().attempts) == (MailState.WAITING, 0)
