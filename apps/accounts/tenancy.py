"""Which organization credentials belong to, on the host that all organizations share.

Opaque credentials carry their organization's schema in front: ``<kind>_<mark>_<random>``. The mark is the schema's own
opaque name without its ``t_``; nobody but the database can do anything with it.
"""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.http import HttpRequest

from apps.accounts.tokens import Claims, InvalidToken, new_secret, read_access_token
from apps.tenants.context import public_context
from apps.tenants.errors import UnknownHost
from apps.tenants.hosts import is_shared_host, normal_host
from apps.tenants.models import Organization
from apps.tenants.naming import PUBLIC, SCHEMA_NAME
from apps.tenants.selectors import (
    organization_by_host,
    organization_by_id,
    organization_by_schema,
    organization_by_slug,
)

API_KEY, REFRESH_TOKEN, SOCKET_TICKET, PASSWORD_LINK, SUPPORT_TOKEN = "ofi", "ofr", "oft", "ofp", "ofs"
NAMED_IN = "X-Organization"
"""On the shared host, the slug of the organization that an issuer's token is for."""
_PARTS = 3
_TENANT = "t_"


def mark_of(schema: str) -> str:
    """The part of a credential that names the schema."""
    return schema.removeprefix(_TENANT)


def marked(kind: str, schema: str, random: str | None = None) -> str:
    """A new credential of this kind in this schema, 256 random bits unless ``random`` is given."""
    return f"{kind}_{mark_of(schema)}_{random or new_secret()}"


def schema_of(credential: str, kind: str) -> str | None:
    """The schema a credential of this kind names; None where it is none."""
    parts = credential.split("_", _PARTS - 1)
    if len(parts) != _PARTS or parts[0] != kind:
        return None
    for schema in (_TENANT + parts[1], parts[1]):
        if SCHEMA_NAME.match(schema) and schema != PUBLIC:
            return schema
    return None


def bearer_of(header: str | None) -> str | None:
    """The token of an ``Authorization: Bearer`` header."""
    scheme, _space, token = (header or "").partition(" ")
    return token.strip() or None if scheme.lower() == "bearer" else None


def claims_of(request: Any, token: str) -> Claims:
    """What the request's token says, verified once for middleware and authentication. Raises ``InvalidToken``."""
    known: tuple[str, Claims] | None = getattr(request, "access_claims", None)
    if known is None or known[0] != token:
        known = token, read_access_token(token)
        request.access_claims = known
    return known[1]


def organization_from_credentials(request: HttpRequest) -> Organization | None:
    """The organization of the request's verified token, or that the request names beside an issuer's token, or that an
    API key's prefix names.

    None without any: what is only named here is verified inside that organization, before anything is done.
    """
    token = bearer_of(request.META.get("HTTP_AUTHORIZATION"))
    if token is not None:
        try:
            return organization_of_claims(claims_of(request, token))
        except InvalidToken:
            schema = schema_of(token, SUPPORT_TOKEN)
            return organization_by_schema(schema) if schema else organization_named(request.headers.get(NAMED_IN, ""))
    schema = schema_of(request.META.get("HTTP_X_API_KEY", ""), API_KEY)
    return organization_by_schema(schema) if schema else None


def organization_named(slug: str) -> Organization | None:
    """The organization whose issuer a token is said to be of; the token itself says nothing of that.

    Issuer and audience would not tell: whoever has an organization can set up those of another one there.
    """
    return organization_by_slug(slug.strip().lower()) if slug else None


def organization_of_claims(claims: Claims) -> Organization | None:
    """The organization of a verified token; one made a moment ago, by another process, is read from the database."""
    return organization_by_id(claims.organization_id) or _read(claims.organization_id)


def _read(organization_id: UUID) -> Organization | None:
    with public_context():
        return Organization.objects.filter(pk=organization_id).first()


def organization_of_host(given: str) -> Organization | None:
    """The organization whose own host this is; None on the host that all share. Raises ``UnknownHost``."""
    host = normal_host(given)
    if host is not None and is_shared_host(host):
        return None
    organization = organization_by_host(host) if host is not None else None
    if organization is None:
        raise UnknownHost
    return organization
