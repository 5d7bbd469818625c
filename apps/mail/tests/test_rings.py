"""The doorbell of mail, and what answers it."""

from __future__ import annotations

import json
import os
from collections.abc import Callable
from datetime import timedelta
from typing import Any
from uuid import UUID, uuid4

import pytest
import redis
from django.conf import settings as django_settings
from django.db import transaction

from apps.common.redis import redis_forget
from apps.mail import rings, tasks
from apps.mail.models import OutgoingMail
from apps.mail.services import mail_order
from apps.mail.tests.conftest import KIND, NOW, row, rows
from apps.tenants.context import tenant_context
from apps.tenants.models import Organization

LIFE = timedelta(hours=1)


def waiting() -> list[dict[str, Any]]:
    """The rings in Celery's queue, as they went over the wire; takes them out."""
    with redis.Redis.from_url(django_settings.REDIS_URL) as client:
        raw = client.lrange("celery", 0, -1)
        client.delete("celery")
    headers = [json.loads(message)["headers"] for message in raw]
    return [each for each in headers if each["task"] == rings.TASK]


@pytest.fixture
def away(settings: Any, tmp_path: Any) -> Any:
    """No Redis listens."""
    settings.REDIS_URL = f"unix://{tmp_path}/nobody"
    redis_forget()
    yield
    settings.REDIS_URL = os.environ["REDIS_URL"]
    redis_forget()


@pytest.mark.usefixtures("transactional_db", "desk")
class TestRing:
    def order(self, organization: Organization) -> None:
        with tenant_context(organization), transaction.atomic():
            mail_order(kind=KIND, data={}, life=LIFE, now=NOW)
            assert waiting() == []  # nothing rings before the commit

    def test_it_works(self, organization: Organization) -> None:
        waiting()
        self.order(organization)
        [message] = waiting()
        assert str(row().pk) in message["kwargsrepr"]

    @pytest.mark.usefixtures("away")
    def test_without_redis_the_mail_waits(self, organization: Organization) -> None:
        with tenant_context(organization), transaction.atomic():
            mail_order(kind=KIND, data={}, life=LIFE, now=NOW)
        assert rows() == 1


@pytest.mark.usefixtures("delivering")
@pytest.mark.parametrize("late", [False, True], ids=["rung", "by the tick"])
def test_the_tasks_deliver(ordered: Callable[..., OutgoingMail], mailoutbox: list[Any], late: bool) -> None:
    mail = ordered()
    if late:
        tasks.due(more="ignored")
    else:
        tasks.deliver(mail_id=str(mail.pk), more="ignored")
    assert len(mailoutbox) == 1


@pytest.mark.usefixtures("delivering")
def test_a_ring_for_a_mail_that_is_gone_is_nothing(organization: Organization) -> None:
    tasks.deliver(mail_id=str(uuid4()))
    tasks.tidy()


def test_the_ids_of_mails_are_all_a_ring_holds(organization: Organization) -> None:
    waiting()
    rings.ring(UUID(int=7))
    [message] = waiting()
    assert message["kwargsrepr"] == "{'mail_id': '00000000-0000-0000-0000-000000000007'}"
