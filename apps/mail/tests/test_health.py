"""What mail tells /health/services."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

import pytest
from django.utils import timezone

from apps.common.health import DEGRADED, HEALTHY
from apps.mail.health import LONG, mail
from apps.mail.models import MailState, OutgoingMail
from apps.mail.services import mails_deliver
from apps.tenants.context import public_context


def test_it_works(ordered: Callable[..., OutgoingMail]) -> None:
    assert mail() == {"status": HEALTHY, "waiting": 0, "oldest": None}
    waiting = ordered(now=timezone.now())
    assert mail() == {"status": HEALTHY, "waiting": 1, "oldest": waiting.created_at.isoformat()}


def test_one_that_waits_for_long_is_told(ordered: Callable[..., OutgoingMail]) -> None:
    ordered(now=timezone.now() - LONG - timedelta(seconds=1))
    assert mail()["status"] == DEGRADED


@pytest.mark.usefixtures("delivering")
def test_what_was_sent_or_failed_waits_no_more(ordered: Callable[..., OutgoingMail]) -> None:
    ordered(now=timezone.now() - LONG * 2)
    mails_deliver(now=timezone.now() - LONG)
    ordered(now=timezone.now() - LONG * 2)
    with public_context():
        OutgoingMail.objects.update(state=MailState.FAILED)
    assert mail() == {"status": HEALTHY, "waiting": 0, "oldest": None}
