"""The code flow of browsers, with PKCE, state and nonce: Authlib speaks the protocol, our own client the HTTP.

What belongs to one sign-in is kept by the browser that began it, sealed, for ten minutes: nobody else can finish it,
and nothing is stored for who never comes back.
"""

from __future__ import annotations

import base64
import binascii
import hmac
import json
import secrets
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from datetime import datetime, timedelta
from urllib.parse import quote_plus

import httpx
import structlog
from authlib.oauth2 import OAuth2Error
from authlib.oauth2.client import OAuth2Client
from django.conf import settings

from apps.accounts.errors import OidcIssuerAway, OidcRefused
from apps.accounts.models import OidcSettings
from apps.common.outgoing import AddressRefused, outgoing_client
from apps.common.sealing import Unsealable, derived_key, seal, unseal

logger = structlog.get_logger(__name__)
LOGIN, CALLBACK = "/api/v1/auth/oidc/login", "/oidc/callback"
LIFE = timedelta(minutes=10)
SCOPE = "openid email profile"
_PURPOSE = "oidc-flow"
_LONGEST_CODE = 4096


@dataclass(frozen=True, slots=True)
class Flow:
    """One sign-in that is under way."""

    state: str
    nonce: str
    verifier: str
    redirect_uri: str
    target: str
    ends: float

    def answered_by(self, query: Mapping[str, str], *, issuer: str) -> bool:
        """Whether an answer belongs to it: by its state, and by the issuer's name where that is told (RFC 9207)."""
        same = hmac.compare_digest(query.get("state", "").encode(), self.state.encode())
        return same and query.get("iss", issuer) == issuer and len(query.get("code", "")) <= _LONGEST_CODE


@dataclass(frozen=True, slots=True)
class Begun:
    """Where to send the browser, and what it keeps."""

    address: str
    kept: str


def begin(row: OidcSettings, *, schema: str, redirect_uri: str, target: str, now: datetime) -> Begun:
    """A new sign-in."""
    state, nonce, verifier = (secrets.token_urlsafe(32) for _each in range(3))
    flow = Flow(state, nonce, verifier, redirect_uri, target, (now + LIFE).timestamp())
    address, _state = _protocol(row, flow, None).create_authorization_url(
        row.authorization_endpoint, state=state, nonce=nonce, code_verifier=verifier
    )
    sealed = seal(derived_key(_PURPOSE), json.dumps(asdict(flow)).encode(), bound_to=_binding(schema, row.issuer))
    return Begun(address, base64.urlsafe_b64encode(sealed).decode())


def resumed(kept: str, *, schema: str, issuer: str, now: datetime) -> Flow | None:
    """The sign-in that a browser has kept; None where it is none of this organization at this issuer, or over."""
    try:
        sealed = base64.urlsafe_b64decode(kept.encode())
        flow = Flow(**json.loads(unseal(derived_key(_PURPOSE), sealed, bound_to=_binding(schema, issuer))))
    except (Unsealable, binascii.Error, ValueError, TypeError):
        return None
    return flow if now.timestamp() < flow.ends else None


def exchange(row: OidcSettings, flow: Flow, *, code: str, client_secret: str) -> str:
    """The ID token for a code, over the network. Raises ``OidcIssuerAway``, ``OidcRefused``, ``TooManyRequests``."""
    auth, proof = _proof(row, client_secret)
    try:
        with outgoing_client(allowed=settings.ENV.oidc_allowed_hosts) as http:
            token = _protocol(row, flow, http).fetch_token(
                row.token_endpoint,
                grant_type="authorization_code",
                code=code,
                code_verifier=flow.verifier,
                auth=auth,
                **proof,
            )
    except OAuth2Error as error:
        logger.warning("oidc_code_refused", issuer=row.issuer, error=str(error.error)[:100])
        raise OidcRefused from error
    except (httpx.HTTPError, AddressRefused, ValueError, TypeError, OverflowError, RecursionError) as error:
        logger.warning("oidc_token_endpoint_away", issuer=row.issuer, error=type(error).__name__)
        raise OidcIssuerAway from error
    told = token.get("id_token")
    if not isinstance(told, str):
        raise OidcRefused
    return told


def _protocol(row: OidcSettings, flow: Flow, http: httpx.Client | None) -> OAuth2Client:
    return OAuth2Client(
        session=http,
        client_id=row.client_id,
        redirect_uri=flow.redirect_uri,
        scope=SCOPE,
        code_challenge_method="S256",
    )


def _proof(row: OidcSettings, client_secret: str) -> tuple[httpx.Auth, dict[str, str]]:
    """How we prove who asks: in the body where the issuer takes that, else as RFC 6749 has it; else PKCE alone."""
    if not client_secret:
        return httpx.Auth(), {"client_id": row.client_id}
    if "client_secret_post" in row.token_auth_methods:
        return httpx.Auth(), {"client_id": row.client_id, "client_secret": client_secret}
    return httpx.BasicAuth(quote_plus(row.client_id), quote_plus(client_secret)), {}


def _binding(schema: str, issuer: str) -> bytes:
    return f"{schema}\n{issuer}".encode()
