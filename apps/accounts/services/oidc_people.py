"""Who somebody of an issuer is here: known by ``sub``, else by a verified address, else new.

An account that exists is taken over only by an address that the issuer vouches for, only where the role that the issuer
gives may all that the account may, by grants too, and only where no second factor guards it: whoever sets up an issuer
gets no further by it than they were. Where anybody can have an account at the issuer, none is even made here without a
verified address.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime

from django.db import transaction

from apps.accounts.errors import (
    AccountInactive,
    InvalidCredentials,
    LastAdministrator,
    OidcAccountExists,
    OidcDomainRefused,
    OidcEmailRequired,
    UserAlreadyExists,
)
from apps.accounts.models import AuthSource, OidcIdentity, OidcSettings, Role, User
from apps.accounts.oidc.claims import Person, best_role
from apps.accounts.oidc.discovery import is_for_everybody, is_microsoft
from apps.accounts.permissions import in_reach
from apps.accounts.permissions import person as as_actor
from apps.accounts.roles import ACTIONS
from apps.accounts.selectors.users import roles_assignable
from apps.accounts.services.second_steps import second_factor_confirmed
from apps.accounts.services.users import user_update, user_write
from apps.common.actor import Actor
from apps.common.trace import current_trace_id
from apps.events.services import record
from apps.tenants.context import require_tenant
from apps.tenants.locks import transaction_lock


def oidc_user(*, row: OidcSettings, person: Person, now: datetime) -> User:
    """The account of a person of the issuer, made or taken over at first, with the role that their claims give now.

    In the caller's transaction. The last active administrator keeps that role. Raises ``OidcDomainRefused``,
    ``OidcEmailRequired``, ``OidcAccountExists``, ``AccountInactive``, ``InvalidCredentials`` where no role is left to
    give. No actor: the person is about to become one; the ledger names the issuer's sign-in.
    """
    transaction_lock(f"oidc {require_tenant()} {person.subject}")
    actor = Actor.system("oidc", schema=require_tenant(), trace_id=current_trace_id())
    role = _role(row, person)
    known = OidcIdentity.objects.select_related("user__role").filter(issuer=row.issuer, subject=person.subject).first()
    if known is not None:
        user: User = known.user
        domain_require(row, person.email or user.email)
    else:
        if not person.email or (is_for_everybody(row.issuer) and not person.email_verified):
            raise OidcEmailRequired
        domain_require(row, person.email)
        user = _taken_over(actor, row, person, role, now=now) or _made(actor, row, person, role, now=now)
    if not user.is_active:
        raise AccountInactive
    return _with_role(actor, user, role, now=now)


def domain_require(row: OidcSettings, email: str) -> None:
    """Raises ``OidcDomainRefused`` for an address of a domain that is not let in. No actor: part of signing in."""
    if row.allowed_domains and email.rpartition("@")[2].lower() not in row.allowed_domains:
        raise OidcDomainRefused


def _role(row: OidcSettings, person: Person) -> Role:
    """The role by the person's claims, one of the organization's own: never the platform's."""
    roles: Mapping[str, Role] = {role.slug: role for role in roles_assignable()}
    actions = {slug: role.actions for slug, role in roles.items()}
    slug = best_role(person, mapping=row.role_mapping, known=actions, otherwise=row.default_role)
    if slug is None:
        raise InvalidCredentials
    return roles[slug]


def _taken_over(actor: Actor, row: OidcSettings, person: Person, role: Role, *, now: datetime) -> User | None:
    """The account that has this address already, if there is one; from now on it is this person's."""
    rows = User.objects.of_address(person.email).select_for_update(of=("self",), no_key=True)
    user: User | None = rows.select_related("role").first()
    if user is None:
        return None
    if not user.is_active:
        raise AccountInactive
    here_already = OidcIdentity.objects.filter(user=user, issuer=row.issuer).exists()
    covered = in_reach(as_actor(User(role=role)), as_actor(user), ACTIONS)
    if here_already or not person.email_verified or not covered or second_factor_confirmed(user) is not None:
        raise OidcAccountExists
    OidcIdentity.objects.filter(user=user).delete()  # of an issuer that the organization had before
    user.auth_source = _source(row)
    user.save(update_fields=["auth_source", "updated_at"])
    _note(actor, row, person, user, now=now)
    return user


def _made(actor: Actor, row: OidcSettings, person: Person, role: Role, *, now: datetime) -> User:
    try:
        user = user_write(email=person.email, name=person.name, role=role.slug, auth_source=_source(row))
    except UserAlreadyExists as error:  # made by somebody at this very moment
        raise OidcAccountExists from error
    data = {"role": role.slug, "auth_source": user.auth_source}
    record("user.created", actor=actor, subject=user, data=data, now=now)
    _note(actor, row, person, user, now=now)
    return user


def _note(actor: Actor, row: OidcSettings, person: Person, user: User, *, now: datetime) -> None:
    OidcIdentity.objects.create(user=user, issuer=row.issuer, subject=person.subject, created_at=now)
    record("user.identified", actor=actor, subject=user, data={"issuer": row.issuer}, now=now)


def _source(row: OidcSettings) -> AuthSource:
    return AuthSource.AZURE_AD if is_microsoft(row.issuer) else AuthSource.OIDC


def _with_role(actor: Actor, user: User, role: Role, *, now: datetime) -> User:
    if user.role_id == role.pk:
        return user
    try:
        with transaction.atomic():
            return user_update(actor=actor, user=user, changes={"role": role.slug}, now=now)
    except LastAdministrator:
        return user
