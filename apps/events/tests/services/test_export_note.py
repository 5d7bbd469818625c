"""Who took rows away in a file stands in the ledger."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from django.utils import timezone

from apps.accounts.models import User
from apps.common.actor import Actor
from apps.common.errors import Unauthorized
from apps.events.models import Event
from apps.events.services import export_note

GIVEN: dict[str, Any] = {"what": "robots.run", "rows": 3, "file_format": "csv", "narrowed": {"q": "x"}}


def test_it_works(owner: User, actor: Callable[[User], Actor]) -> None:
    export_note(actor=actor(owner), **GIVEN, now=timezone.now())
    event = Event.objects.get()
    assert (event.name, event.actor_id, event.subject_id) == ("list.exported", str(owner.pk), str(owner.pk))
    assert event.data == {"what": "robots.run", "rows": 3, "format": "csv", "narrowed": {"q": "x"}}


def test_nobody_takes_anything(organization: Any) -> None:
    with pytest.raises(Unauthorized):
        export_note(actor=Actor.anonymous(schema=organization.schema_name), **GIVEN, now=timezone.now())
    assert not Event.objects.exists()
