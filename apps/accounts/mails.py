"""The mails of accounts: each is written when it goes out, with a link made at that moment."""

from __future__ import annotations

from datetime import datetime
from urllib.parse import urlencode

from django.utils.translation import gettext_lazy as _

from apps.accounts.models import LinkPurpose
from apps.accounts.payloads import ResetLink
from apps.accounts.services.invitations import MAIL as INVITATION
from apps.accounts.services.password_links import password_link_issue
from apps.accounts.services.password_resets import MAIL as PASSWORD_RESET
from apps.accounts.services.password_resets import password_reset_links
from apps.common.actor import Actor
from apps.mail.letters import Letter, Order, letter, writes
from apps.tenants.context import tenant_context
from apps.tenants.models import Organization
from apps.tenants.naming import PLATFORM
from apps.tenants.selectors import PRODUCT, organization_title, organization_url

SET_PASSWORD = "/password/set"  # noqa: S105  # a path


@writes(INVITATION)
def invitation(order: Order, now: datetime) -> Letter | None:
    """Not wanted any more by who has a password meanwhile, or may not come in."""
    organization = order.organization
    if not organization.is_active:
        return None
    with tenant_context(organization):
        actor = Actor.system("mail", schema=organization.schema_name)
        issued = password_link_issue(
            actor=actor, user_id=order.data["user_id"], purpose=LinkPurpose.INVITATION, now=now
        )
    if issued is None:
        return None
    user, token = issued
    return letter(
        to=user.email,
        language=user.locale or order.language,
        template="accounts/mails/invitation",
        subject=_("Your invitation to %(organization)s"),
        title=organization_title(organization),
        context={"user": user, "organization": organization_title(organization), "link": _link(organization, token)},
    )


@writes(PASSWORD_RESET)
def password_reset(order: Order, now: datetime) -> Letter | None:
    """One mail with a link for each organization that knows the address; none where nobody does."""
    links = password_reset_links(
        email=order.data["email"],
        slug=order.data["organization"],
        host=None if order.organization.schema_name == PLATFORM else order.organization,
        ip=order.data["ip"],
        now=now,
    )
    if not links:
        return None
    alone = organization_title(links[0].organization) if len(links) == 1 else ""
    return letter(
        to=links[0].user.email,
        language=links[0].user.locale or order.language,
        template="accounts/mails/password_reset",
        subject=_("A new password for %(organization)s") if alone else _("A new password for %(product)s"),
        title=alone or PRODUCT,
        context={
            "user": links[0].user,
            "organization": alone,
            "product": PRODUCT,
            "links": [_row(each) for each in links],
        },
    )


def _row(link: ResetLink) -> dict[str, str]:
    return {"organization": organization_title(link.organization), "link": _link(link.organization, link.token)}


def _link(organization: Organization, token: str) -> str:
    """In the query, for paths are logged and queries never are."""
    return f"{organization_url(organization)}{SET_PASSWORD}?{urlencode({'token': token})}"
