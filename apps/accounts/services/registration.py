"""A new organization with its first user."""

from __future__ import annotations

from datetime import datetime

from django.conf import settings
from django.core.exceptions import ValidationError
from django.db import connection, transaction

from apps.accounts.errors import EmailTaken
from apps.accounts.passwords import Owner, password_validate
from apps.accounts.payloads import Client, SignedIn
from apps.accounts.roles import ORG_ADMIN_SLUG
from apps.accounts.services.credentials import actor_of_user
from apps.accounts.services.directory import address_hash, directory_knows
from apps.accounts.services.sessions import session_start, tokens_issue
from apps.accounts.services.users import user_write
from apps.common.errors import InvalidInput
from apps.common.limits import hit_everywhere
from apps.common.network import neighbourhood
from apps.events.services import record
from apps.tenants.context import public_context, tenant_context
from apps.tenants.services.organizations import organization_create
from apps.tenants.validators import line_validate


def organization_register(
    *, email: str, password: str, name: str, organization_name: str, client: Client, now: datetime
) -> SignedIn:
    """Makes an organization, its schema and its first user, an ``org_admin``, and signs that user in.

    All of it in one transaction: a failure leaves nothing behind, not even the schema. Raises ``InvalidInput`` for a
    weak password or a name of several lines, ``EmailTaken`` for an address that any organization knows,
    ``TooManyRequests``. No actor: nobody is known yet; the new user is recorded as the one who did it.
    """
    hit_everywhere(settings.ENV.rate_limit_register, "register", neighbourhood(client.ip))
    password_validate(password, user=Owner(name, email, organization=organization_name))
    _name_validate(organization_name)
    with public_context(), transaction.atomic():
        _one_at_a_time(email)
        if directory_knows(email=email):
            raise EmailTaken
        organization = organization_create(name=organization_name)
        with tenant_context(organization):
            user = user_write(email=email, name=name, role=ORG_ADMIN_SLUG, password=password)
            actor = actor_of_user(user, schema=organization.schema_name, ip=client.ip)
            record("organization.created", actor=actor, subject=organization, data={"slug": organization.slug}, now=now)
            record("user.created", actor=actor, subject=user, data={"role": ORG_ADMIN_SLUG}, now=now)
            session = session_start(user=user, schema=organization.schema_name, client=client, now=now)
            tokens = tokens_issue(session=session, user=user, organization=organization, now=now)
    return SignedIn(user, organization, session, tokens)


def _name_validate(organization_name: str) -> None:
    try:
        line_validate(organization_name)
    except ValidationError as error:
        raise InvalidInput(errors={"organization_name": error.messages}) from error


def _one_at_a_time(email: str) -> None:
    """Registrations of one address queue up, so that two at the same instant cannot both find it free."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(hashtextextended(%s, 0))", [address_hash(email)])
