"""Forgotten passwords: asked for by an address, set with the link that is mailed to it.

The request itself looks nothing up. It orders one mail whatever the address, so it cannot tell, by answer or by time,
who has an account; the worker that writes the mail finds out.
"""

from __future__ import annotations

from datetime import datetime

from django.conf import settings
from django.db import transaction

from apps.accounts.models import LinkPurpose, Session, User
from apps.accounts.passwords import password_validate
from apps.accounts.payloads import Client, ResetLink
from apps.accounts.services.credentials import actor_of_user
from apps.accounts.services.directory import address_hash, directory_candidates
from apps.accounts.services.local_sign_in import local_sign_in_require
from apps.accounts.services.password_links import (
    LIVES,
    password_link_issue,
    password_link_organization,
    password_link_redeem,
)
from apps.accounts.services.second_steps import second_factor_confirmed
from apps.accounts.services.sessions import Ending, sessions_revoke
from apps.common.actor import Actor
from apps.common.limits import hit_everywhere
from apps.common.network import neighbourhood
from apps.events.services import record
from apps.mail.services import mail_order
from apps.tenants.context import tenant_context
from apps.tenants.errors import UnknownHost
from apps.tenants.models import Organization
from apps.tenants.selectors import platform

MAIL = "accounts.password_reset"


def password_reset_request(
    *, email: str, slug: str | None, host: Organization | None, client: Client, now: datetime
) -> None:
    """Orders the mail with the links to new passwords, for whoever has this address; ``host`` as in ``sign_in``.

    Raises ``TooManyRequests``, per device and per address, known or not, and ``LocalSignInOff`` on the own host of an
    organization without passwords. No actor: nobody is known yet.
    """
    rate = settings.ENV.rate_limit_forgot_password
    hit_everywhere(rate, "forgot-ip", neighbourhood(client.ip))
    hit_everywhere(rate, "forgot-address", address_hash(email))
    local_sign_in_require(host)
    home = host or platform()
    if home is None:
        raise UnknownHost
    data = {"email": email, "organization": slug, "ip": client.ip}
    with tenant_context(home), transaction.atomic():
        mail_order(kind=MAIL, data=data, life=LIVES[LinkPurpose.RESET], now=now)


def password_reset_links(
    *, email: str, slug: str | None, host: Organization | None, ip: str | None, now: datetime
) -> list[ResetLink]:
    """New links for everybody who has an address: one for each organization that knows it, at most ten.

    They void earlier ones. No actor: part of writing the mail; the ledgers name the address it was asked from.
    """
    links: list[ResetLink] = []
    for organization in directory_candidates(email=email, slug=slug, host=host):
        if organization.is_active:
            with tenant_context(organization):
                user: User | None = User.objects.of_address(email).first()
                actor = Actor.anonymous(schema=organization.schema_name, ip=ip)
                issued = user and password_link_issue(actor=actor, user_id=user.pk, purpose=LinkPurpose.RESET, now=now)
            if issued:
                links.append(ResetLink(organization, *issued))
    return links


def password_reset(
    *, token: str, new_password: str, host: Organization | None, client: Client, now: datetime
) -> Organization:
    """Sets a password with the token of a mailed link, ends all sessions of its owner and lifts a lock.

    Whose password it shall be is known by the token, so the rules are judged once, with all that is known, and a weak
    one uses no link up. Raises ``InvalidInput``, ``InvalidLink``, ``LocalSignInOff``. No actor: the token is the
    credential; its owner is recorded as the one who did it.
    """
    organization = password_link_organization(token, host=host)
    local_sign_in_require(organization)
    with tenant_context(organization), transaction.atomic():
        user, purpose = password_link_redeem(token=token, now=now)
        password_validate(new_password, user=user, field="new_password")
        user.set_password(new_password)
        if second_factor_confirmed(user) is None:  # whoever reads the mails must not guess codes without end
            user.failed_logins, user.locked_until = 0, None
        user.save(update_fields=["password", "failed_logins", "locked_until", "updated_at"])
        actor = actor_of_user(user, schema=organization.schema_name, ip=client.ip)
        live = Session.objects.filter(user=user, revoked_at=None)
        sessions_revoke(actor=actor, sessions=live, reason=Ending.PASSWORD_RESET, now=now)
        accepted = purpose == LinkPurpose.INVITATION
        record("user.invitation_accepted" if accepted else "user.password_reset", actor=actor, subject=user, now=now)
    return organization
