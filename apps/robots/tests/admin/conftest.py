"""What tests of the back-office share."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.contrib.messages import get_messages
from django.test import Client
from django.utils import timezone

from apps.accounts.authentication.pages import SESSION_KEY
from apps.accounts.backends import PATH
from apps.accounts.models import Session, User
from apps.tenants.models import Organization

Browser = Callable[[User], Client]


@pytest.fixture
def browser(organization: Organization) -> Browser:
    """A browser of somebody signed in, on the organization's own host."""

    def signed_in(user: User) -> Client:
        client = Client(SERVER_NAME=f"{organization.slug}.localhost")
        client.force_login(user, backend=PATH)
        now = timezone.now()
        ours = Session.objects.create(user=user, last_used_at=now, expires_at=now + timedelta(days=1), device="tests")
        session = client.session
        session[SESSION_KEY] = str(ours.pk)
        session.save()
        return client

    return signed_in


def texts(answer: Any) -> list[str]:
    """What a page said back."""
    return [str(message) for message in get_messages(answer.wsgi_request)]
