"""Whether passwords let anybody in: an organization with an issuer of its own may do without them."""

from __future__ import annotations

from datetime import datetime

from django.db import transaction

from apps.accounts.errors import LocalSignInOff, OidcNotConfigured
from apps.accounts.models import OidcSettings
from apps.accounts.selectors.oidc import oidc_settings, oidc_settings_forget
from apps.common.actor import Actor
from apps.events.services import record
from apps.tenants.context import require_tenant, tenant_context
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


def local_sign_in_restore(*, now: datetime) -> None:
    """Has the current organization take passwords again; the way out when its issuer is lost.

    Raises ``OidcNotConfigured``. No actor: whoever can run commands on the server; the ledger says so.
    """
    with transaction.atomic():
        row = OidcSettings.objects.select_for_update().first()
        if row is None:
            raise OidcNotConfigured
        if not row.local_sign_in:
            row.local_sign_in, row.updated_at = True, now
            row.save(update_fields=["local_sign_in", "updated_at"])
            actor = Actor.system("command", schema=require_tenant())
            data = {"changed": ["local_sign_in"], "issuer": row.issuer, "local_sign_in": True}
            record("oidc.changed", actor=actor, subject=row, data=data, now=now)
        transaction.on_commit(oidc_settings_forget)
