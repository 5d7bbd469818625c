"""Looking around as a role: begun and ended by an administrator, and told to the ledger.

What is seen meanwhile follows from the actor (``actor_as_role``), so services and selectors decide about it as about
everybody.
"""

from __future__ import annotations

from datetime import datetime

from django.db import transaction
from django.utils.translation import gettext_lazy as _

from apps.accounts.errors import PermissionNotHeld
from apps.accounts.models import Role
from apps.accounts.permissions import require
from apps.accounts.services.credentials import may_preview
from apps.common.actor import Actor
from apps.common.errors import PermissionDenied
from apps.events.services import record
from apps.tenants.context import require_tenant
from apps.tenants.naming import PLATFORM

MANAGE = "admin.manage"


def role_preview_start(*, actor: Actor, role: Role, now: datetime) -> None:
    """Notes that a signed-in person looks around as a role from now on [admin.manage]; the platform has no previews.

    Raises ``PermissionNotHeld`` for a role that may more than the actor, ``ReadOnlyPreview`` during another preview.
    """
    require(actor, MANAGE)
    if actor.type != "user" or actor.session_id is None or require_tenant() == PLATFORM:
        raise PermissionDenied
    if not may_preview(actor, role):
        raise PermissionNotHeld(_("This role may more than you, so you cannot look around as it."))
    with transaction.atomic():
        record("role.preview_started", actor=actor, subject=role, data={"slug": role.slug}, now=now)


def role_preview_end(*, actor: Actor, role_id: str, now: datetime) -> None:
    """Notes the end of it; a role that is gone meanwhile is not told of.

    Asks for no right: whoever began may always stop, with less rights too. Raises ``ReadOnlyPreview`` for the actor of
    the preview itself: the person behind it ends it.
    """
    role = Role.objects.filter(pk=role_id).first()
    if role is not None:
        with transaction.atomic():
            record("role.preview_ended", actor=actor, subject=role, data={"slug": role.slug}, now=now)
