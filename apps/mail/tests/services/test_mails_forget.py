"""Forgetting mails."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

import pytest

from apps.mail.models import MailState, OutgoingMail
from apps.mail.services import KEPT, mails_forget
from apps.mail.tests.conftest import NOW
from apps.tenants.context import public_context


@pytest.mark.parametrize(("state", "left"), [(MailState.SENT, 1), (MailState.FAILED, 1), (MailState.WAITING, 2)])
def test_it_works(ordered: Callable[..., OutgoingMail], state: str, left: int) -> None:
    for age in (timedelta(), KEPT + timedelta(seconds=1)):
        ordered(now=NOW - age)
    with public_context():
        OutgoingMail.objects.update(state=state)
    mails_forget(now=NOW)
    with public_context():
        assert OutgoingMail.objects.count() == left
