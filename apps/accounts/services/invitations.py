"""Invitations: who was added without a password is mailed a link to choose one."""

from __future__ import annotations

from datetime import datetime

from django.conf import settings
from django.db import transaction
from django.utils.translation import gettext_lazy as _

from apps.accounts.errors import NotInvitable
from apps.accounts.models import LinkPurpose, User
from apps.accounts.permissions import require_insider
from apps.accounts.services.password_links import LIVES, invitable
from apps.common.actor import Actor
from apps.common.errors import TooManyRequests
from apps.common.limits import hit
from apps.events.services import record
from apps.mail.services import mail_order

MAIL = "accounts.invitation"


def invitation_send(*, actor: Actor, user: User, now: datetime) -> None:
    """Mails an invitation, again perhaps; the link of the new one voids that of the last [admin.manage].

    Raises ``NotInvitable`` for who is switched off or has a password, ``TooManyRequests``.
    """
    require_insider(actor, "admin.manage")
    if not invitable(user):
        raise NotInvitable
    invitations_limit()
    with transaction.atomic():
        invitation_order(actor=actor, user=user, now=now)


def invitation_order(*, actor: Actor, user: User, now: datetime) -> None:
    """Orders the mail, in the caller's transaction; what it says is written when it goes out.

    Part of the services that add and change users, which have checked the right.
    """
    mail_order(kind=MAIL, data={"user_id": str(user.pk)}, life=LIVES[LinkPurpose.INVITATION], now=now)
    record("user.invited", actor=actor, subject=user, now=now)


def invitations_import_limit(count: int) -> None:
    """Counts the invitations of an import, before its transaction. Raises ``TooManyRequests``, with both numbers.

    No actor: it counts for all of the organization.
    """
    rate = settings.ENV.rate_limit_import_invitation
    try:
        if count:
            hit(rate, "invitations-imported", uses=count)
    except TooManyRequests as error:
        text = _("This would send %(count)d invitations, more than may be sent now (%(rate)s). Import fewer at once.")
        raise TooManyRequests(text % {"count": count, "rate": rate}, retry_after=error.retry_after) from error


def invitations_limit() -> None:
    """Counts an invitation, before any transaction; raises ``TooManyRequests`` where the organization sends too many.

    No actor: it counts for all of the organization, so that none of them makes us a sender of unwanted mail.
    """
    hit(settings.ENV.rate_limit_invitation, "invitations")
