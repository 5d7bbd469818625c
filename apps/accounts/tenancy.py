"""Which organization credentials belong to, on the host that all organizations share."""

from __future__ import annotations

from django.http import HttpRequest

from apps.accounts.tokens import InvalidToken, read_access_token
from apps.tenants.models import Organization
from apps.tenants.selectors import organization_by_id, organization_by_schema

API_KEY_MARK = "ofi"


def schema_of_api_key(key: str) -> str | None:
    """The schema an API key names in its prefix: ``ofi_<12 hex digits of the schema>_<random>.<secret>``."""
    parts = key.partition(".")[0].split("_")
    return f"t_{parts[1]}" if len(parts) == 3 and parts[0] == API_KEY_MARK else None


def bearer_of(header: str | None) -> str | None:
    """The token of an ``Authorization: Bearer`` header."""
    scheme, _space, token = (header or "").partition(" ")
    return token.strip() or None if scheme.lower() == "bearer" else None


def organization_of_bearer(token: str) -> Organization | None:
    """The organization of a verified access token."""
    try:
        return organization_by_id(read_access_token(token).organization_id)
    except InvalidToken:
        return None


def organization_from_credentials(request: HttpRequest) -> Organization | None:
    """The organization of the request's verified token or of its API key's prefix; None without either."""
    token = bearer_of(request.headers.get("Authorization"))
    if token is not None:
        return organization_of_bearer(token)
    schema = schema_of_api_key(request.headers.get("X-Api-Key", ""))
    return organization_by_schema(schema) if schema else None
