"""Mail with real processes: a worker hears the ring; while Redis is away nothing is lost, and nobody waits for it."""

from __future__ import annotations

import time
from collections.abc import Iterator

import pytest
from celery import current_app
from django.utils import timezone

from apps.accounts.services.users import user_create
from apps.common.actor import Actor
from apps.common.redis import redis_forget
from apps.mail.models import OutgoingMail
from apps.mail.tests.smtp import Server, serving
from apps.tenants.context import public_context, tenant_context
from tests.engine import until
from tests.live import Live


@pytest.fixture
def server(live: Live) -> Iterator[Server]:
    """A mail server that the processes of the test use."""
    redis_forget()
    with serving() as server:
        live.environment |= {
            "EMAIL_URL": f"smtp://127.0.0.1:{server.port}?starttls=off",
            "MAIL_FROM": "Oficina <no-reply@oficina.example>",
        }
        yield server
    redis_forget()


def invite(live: Live, email: str) -> None:
    actor = Actor.system("tests", schema=live.schema)
    with tenant_context(live.schema):
        user_create(actor=actor, email=email, name="Nova", role="viewer", now=timezone.now())


def waiting() -> int:
    with public_context():
        return OutgoingMail.objects.count()


def recipients(server: Server) -> list[str]:
    return [str(mail["To"]) for mail in server.mails]


def test_it_works(live: Live, server: Server) -> None:
    worker = live.worker(LOG_LEVEL="DEBUG")
    invite(live, "rung@acme.example")
    until(lambda: recipients(server) == ["rung@acme.example"], seconds=30)
    until(lambda: waiting() == 0)
    token = server.mails[0].get_body(("plain",)).get_content().partition("token=")[2].split()[0]  # type: ignore[union-attr]
    assert token.startswith("ofp_")

    live.redis_stop()
    began = time.monotonic()
    invite(live, "unheard@acme.example")
    assert time.monotonic() - began < 5  # a fraction of a second on a quiet machine
    assert waiting() == 1

    live.redis_start()
    redis_forget()

    def ticked() -> bool:
        """As beat does every ten seconds."""
        current_app.send_task("mail.due")
        return recipients(server)[1:] == ["unheard@acme.example"]

    until(ticked, seconds=30)
    until(lambda: waiting() == 0)
    assert "ofp_" not in worker.output()
    assert worker.running
