"""What people change about themselves."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from django.db import transaction

from apps.accounts.models import User
from apps.common.actor import Actor
from apps.common.changes import assign, check_fields
from apps.common.errors import PermissionDenied
from apps.common.etags import check_match
from apps.events.services import record

FIELDS = ("name", "phone", "locale", "timezone")


def profile_update(*, actor: Actor, changes: Mapping[str, Any], if_match: str | None = None, now: datetime) -> User:
    """Changes any of ``name, phone, locale, timezone`` of the person who acts.

    Raises ``PermissionDenied`` for anybody but a person, ``InvalidInput`` naming the field, ``PreconditionFailed``.
    """
    if actor.type != "user":
        raise PermissionDenied
    with transaction.atomic():
        rows = User.objects.select_for_update(of=("self",), no_key=True).select_related("role")
        user: User = rows.get(pk=actor.user_id)
        check_match(user, if_match)
        changed = assign(user, {name: changes[name] for name in FIELDS if name in changes})
        if changed:
            check_fields(user, changed)
            user.save(update_fields=[*changed, "updated_at"])
            record("user.updated", actor=actor, subject=user, data={"changed": changed}, now=now)
    return user
