"""Whether passwords let anybody in: an organization with an issuer of its own may do without them."""

from __future__ import annotations

from apps.accounts.errors import LocalSignInOff
from apps.accounts.selectors import oidc_settings
from apps.tenants.context import tenant_context
from apps.tenants.models import Organization


def local_sign_in_on() -> bool:
    """Whether the current organization takes passwords; the platform always does. No actor: part of signing in."""
    row = oidc_settings()
    return row is None or row.local_sign_in


def local_sign_in_require(organization: Organization | None) -> None:
    """Raises ``LocalSignInOff`` where an organization does without passwords; where none is known yet, nothing.

    No actor: part of signing in.
    """
    if organization is not None:
        with tenant_context(organization):
            if not local_sign_in_on():
                raise LocalSignInOff
