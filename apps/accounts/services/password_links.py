"""Links that let somebody set a password, once: of an invitation, or because the old one was forgotten.

The token exists in the mail alone; the database has its hash. It names the schema of its organization, as all opaque
credentials do, so that the shared host finds it without telling anybody where an address is known.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from uuid import UUID

from django.contrib.auth.hashers import is_password_usable
from django.db import transaction

from apps.accounts.errors import InvalidLink
from apps.accounts.models import AuthSource, LinkPurpose, PasswordLink, User
from apps.accounts.payloads import LinkOwner
from apps.accounts.services.local_sign_in import local_sign_in_on
from apps.accounts.tenancy import PASSWORD_LINK, marked, schema_of
from apps.accounts.tokens import hash_secret
from apps.common.actor import Actor
from apps.events.services import record
from apps.tenants.context import public_context, require_tenant, tenant_context
from apps.tenants.models import Organization
from apps.tenants.selectors import organization_title

LIVES: dict[str, timedelta] = {LinkPurpose.INVITATION: timedelta(days=7), LinkPurpose.RESET: timedelta(hours=1)}


def invitable(user: User) -> bool:
    """Whether a person waits for an invitation: active, and without any way to sign in. No actor: a look at the row."""
    return _may_set(user) and not is_password_usable(user.password)


def password_link_issue(
    *, actor: Actor, user_id: UUID | str, purpose: LinkPurpose, now: datetime
) -> tuple[User, str] | None:
    """A new token for a person of the current organization, which voids the last one of the same purpose.

    None for who is gone, switched off or signs in elsewhere, and for an invitation of who has a password by now. Part
    of writing the mail that it goes into; the actor is who asked for that.
    """
    with transaction.atomic():
        user = _locked(user_id)
        if user is None or not (invitable(user) if purpose == LinkPurpose.INVITATION else _may_set(user)):
            return None
        token, expires_at = marked(PASSWORD_LINK, require_tenant()), now + LIVES[purpose]
        PasswordLink.objects.filter(user=user, purpose=purpose).delete()
        PasswordLink.objects.create(
            user=user, purpose=purpose, token_hash=hash_secret(token), expires_at=expires_at, created_at=now
        )
        data = {"purpose": str(purpose), "expires_at": expires_at.isoformat()}
        record("password_link.issued", actor=actor, subject=user, data=data, now=now)
    return user, token


def password_link_organization(token: str, *, host: Organization | None) -> Organization:
    """The organization that a token names, which must be ``host``'s where that is one's own.

    Raises ``InvalidLink``, also for one that is switched off. No actor: the token is the credential.
    """
    schema = schema_of(token, PASSWORD_LINK)
    if schema is None or (host is not None and host.schema_name != schema):
        raise InvalidLink
    with public_context():
        organization = Organization.objects.filter(schema_name=schema, is_active=True).first()
    if organization is None:
        raise InvalidLink
    return organization


def password_link_owner(*, token: str, host: Organization | None, now: datetime) -> LinkOwner:
    """Whose password a link sets, for the page that asks for it; the link stays good.

    Raises ``InvalidLink``. No actor: the token is the credential.
    """
    organization = password_link_organization(token, host=host)
    with tenant_context(organization):
        link = PasswordLink.objects.select_related("user").filter(token_hash=hash_secret(token)).first()
        if link is None or link.expires_at <= now or not _may_set(link.user):
            raise InvalidLink
        return LinkOwner(link.user.email, organization_title(organization), LinkPurpose(link.purpose))


def password_link_redeem(*, token: str, now: datetime) -> tuple[User, LinkPurpose]:
    """Uses a link up, with all others of the same person, in the caller's transaction, which keeps the person's row.

    Of two at the same instant one wins. Raises ``InvalidLink``. No actor: the token is the credential.
    """
    found = PasswordLink.objects.filter(token_hash=hash_secret(token), expires_at__gt=now).first()
    user = _locked(found.user_id) if found is not None else None
    if found is None or user is None or not _may_set(user):
        raise InvalidLink
    used, _each = PasswordLink.objects.filter(pk=found.pk).delete()
    if not used:
        raise InvalidLink
    password_links_void(user=user)
    return user, LinkPurpose(found.purpose)


def password_links_void(*, user: User) -> None:
    """Voids what was mailed to a person. No actor: part of the services that change address, state or password."""
    PasswordLink.objects.filter(user=user).delete()


def _locked(user_id: UUID | str) -> User | None:
    rows = User.objects.select_for_update(of=("self",), no_key=True).select_related("role")
    found: User | None = rows.filter(pk=user_id).first()
    return found


def _may_set(user: User) -> bool:
    """Who signs in with an account of another system gets no password here: that would outlive it.

    Nor does anybody where passwords let nobody in.
    """
    return user.is_active and user.auth_source == AuthSource.LOCAL and local_sign_in_on()
