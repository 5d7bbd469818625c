"""The directory: which organizations know an address. It finds the organization of who signs in on the shared host.

The directory is public to all organizations' sign-in, so the address is only there as a keyed hash; rows are written in
the same transaction as the users they stand for, and each organization writes only its own. Issuers do not stand there:
anybody can set up anybody's, and could so shut out another's people, or receive them.
"""

from __future__ import annotations

from django.utils.crypto import salted_hmac

from apps.accounts.models import User
from apps.tenants.context import public_context, require_tenant, wrapper
from apps.tenants.models import DirectoryEntry, Organization
from apps.tenants.rows import Rows

ORGANIZATIONS_TRIED = 10
_SALT = "oficina.directory"
_ORGANIZATIONS = Rows(Organization)
# Written out, as all that each sign-in asks: Django takes ten times as long to make it as PostgreSQL to answer it.
_KNOWN = f"""
    SELECT {_ORGANIZATIONS.columns("organization")} FROM {Organization._meta.db_table} organization
    WHERE schema_name IN (
        SELECT schema_name FROM {DirectoryEntry._meta.db_table} WHERE address_hash = %(address)s
        ORDER BY id LIMIT {ORGANIZATIONS_TRIED})
    ORDER BY slug
"""


def address_hash(email: str) -> str:
    """The keyed hash of an address, the same whatever its letters' case. No actor: it touches nothing."""
    return salted_hmac(_SALT, email.strip().lower(), algorithm="sha256").hexdigest()


def directory_add(*, email: str) -> None:
    """Notes that the current organization knows an address. No actor: part of the services that write users."""
    entry = DirectoryEntry(address_hash=address_hash(email), schema_name=require_tenant())
    DirectoryEntry.objects.bulk_create([entry], ignore_conflicts=True)


def directory_remove(*, email: str) -> None:
    """Takes an address of the current organization out. No actor: part of the services that write users."""
    DirectoryEntry.objects.filter(address_hash=address_hash(email), schema_name=require_tenant()).delete()


def directory_knows(*, email: str) -> bool:
    """Whether any organization knows the address. No actor: asked before there is one, by registration."""
    with public_context():
        return DirectoryEntry.objects.filter(address_hash=address_hash(email)).exists()


def directory_organizations(*, email: str) -> list[Organization]:
    """The organizations that know an address, at most the ten that did so first; one query, whatever there is.

    More must be named to sign in there: otherwise whoever adds an address to many organizations could make its owner's
    every sign-in slow. Read afresh, so that one switched off a moment ago shows. No actor: sign-in comes before it.
    """
    with public_context():
        return [_ORGANIZATIONS.made(row) for row in wrapper().ask(_KNOWN, {"address": address_hash(email)})]


def directory_candidates(*, email: str, slug: str | None, host: Organization | None) -> list[Organization]:
    """Where to look for the account of an address; ``host`` is the organization whose own host was asked, if any.

    The directory is read in every case, so that each takes the same time. No actor: sign-in comes before it.
    """
    known = directory_organizations(email=email)
    if host is not None:
        return [host] if slug in {None, host.slug} else []
    if slug is None:
        return known
    with public_context():
        return list(Organization.objects.filter(slug=slug))


def directory_rebuild() -> int:
    """Writes the current organization's entries anew, say after SECRET_KEY changed; returns how many.

    No actor: it restates what the users' rows say, and is run by a command.
    """
    schema = require_tenant()
    hashes = {address_hash(email) for email in User.objects.values_list("email", flat=True)}
    DirectoryEntry.objects.filter(schema_name=schema).exclude(address_hash__in=hashes).delete()
    DirectoryEntry.objects.bulk_create(
        [DirectoryEntry(address_hash=known, schema_name=schema) for known in sorted(hashes)], ignore_conflicts=True
    )
    return len(hashes)
