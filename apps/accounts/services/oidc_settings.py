"""An organization's issuer: set, changed, taken away. It is asked what it is before anything is stored."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

import structlog
from django.conf import settings
from django.db import transaction
from django.utils.translation import gettext_lazy as _

from apps.accounts.errors import OidcNotConfigured, OidcNotOnPlatform
from apps.accounts.models import OidcSettings, Session, User
from apps.accounts.models.oidc import MOST_DOMAINS, MOST_MAPPED, NAME_LENGTH
from apps.accounts.oidc.discovery import Provider, discover, is_for_everybody
from apps.accounts.oidc.seats import own_turn
from apps.accounts.permissions import require_insider
from apps.accounts.roles import ORG_ADMIN_SLUG
from apps.accounts.selectors.oidc import oidc_settings_forget
from apps.accounts.selectors.users import roles_assignable
from apps.accounts.services.sessions import Ending, sessions_revoke
from apps.accounts.services.users import reach_require, role_named
from apps.common.actor import Actor
from apps.common.changes import assign
from apps.common.errors import InvalidInput
from apps.common.etags import check_match
from apps.common.limits import hit
from apps.common.sealing import Unsealable, derived_key, seal, unseal
from apps.events.services import record
from apps.tenants.context import require_tenant
from apps.tenants.hosts import is_domain_name
from apps.tenants.locks import transaction_lock
from apps.tenants.naming import PLATFORM

logger = structlog.get_logger(__name__)
MANAGE = "settings.manage"
PLAIN = ("issuer", "audience", "client_id", "role_claim", "local_sign_in")
_SIGNS_IN = frozenset({"issuer", "audience", "client_id", "allowed_domains"})
_LETS_IN = frozenset({"issuer", "audience", "client_id", "local_sign_in"})
_SECRET = "oidc-client-secret"  # noqa: S105  # what its key is for


def oidc_settings_save(
    *, actor: Actor, changes: Mapping[str, Any], if_match: str | None = None, now: datetime
) -> OidcSettings:
    """Sets up the organization's issuer, or changes it; what is left out stays [settings.manage].

    The issuer's configuration and keys are read first, whatever changed. ``client_secret`` is sealed for this issuer:
    it goes when the issuer changes, unless given anew, and an empty one takes it away. Another issuer, audience, client
    or list of domains ends the sessions of who is known at an issuer. Raises ``PermissionDenied``, ``InvalidInput``
    naming the field, ``InvalidRole``, ``PermissionNotHeld`` for a role that may more than the actor,
    or while passwords are off for less than all, ``OidcUnreachable``, ``OidcNotOnPlatform``, ``PreconditionFailed``,
    ``TooManyRequests``.
    """
    require_insider(actor, MANAGE)
    if require_tenant() == PLATFORM:
        raise OidcNotOnPlatform
    hit(settings.ENV.rate_limit_oidc_setup, "oidc-setup")
    with transaction.atomic():
        before = OidcSettings.objects.first() or OidcSettings()
        check_match(before, if_match)  # an issuer is not asked for what is out of date already
    issuer = _wanted(actor, before, changes)["issuer"]
    with own_turn():
        provider = discover(issuer)
    with transaction.atomic():
        transaction_lock(f"oidc settings {require_tenant()}")
        row = OidcSettings.objects.select_for_update().first() or OidcSettings(created_at=now)
        check_match(row, if_match)
        changed = set(assign(row, _wanted(actor, row, changes)))
        if row.issuer != provider.issuer:  # somebody else changed it while we asked
            raise InvalidInput(errors={"issuer": [_("It was changed at the same time; try again.")]})
        changed |= _seal_secret(row, changes, moved="issuer" in changed)
        _told(row, provider, now=now)
        _require_way_in(row)
        if not (row.local_sign_in or _LETS_IN.isdisjoint(changed)):
            reach_require(actor, User(role=role_named(ORG_ADMIN_SLUG)))  # else administrators could be locked out
        row.updated_at = now
        row.save()
        if not _SIGNS_IN.isdisjoint(changed):
            _end_sessions(actor, now=now)
        if changed:
            data = {"changed": sorted(changed), "issuer": row.issuer, "local_sign_in": row.local_sign_in}
            record("oidc.changed", actor=actor, subject=row, data=data, now=now)
        transaction.on_commit(oidc_settings_forget)
    return row


def oidc_settings_delete(*, actor: Actor, if_match: str | None = None, now: datetime) -> None:
    """Takes the issuer away: its tokens count for nothing any more, and passwords work again [settings.manage].

    Who signed in by it is signed out, the actor aside; who is known there stays, for the day it comes back. Raises
    ``PermissionDenied``, ``PermissionNotHeld`` where it gives a role that may more than the actor,
    ``OidcNotConfigured``, ``PreconditionFailed``.
    """
    require_insider(actor, MANAGE)
    with transaction.atomic():
        row = OidcSettings.objects.select_for_update().first()
        if row is None:
            raise OidcNotConfigured
        check_match(row, if_match)
        _require_reach(actor, row, {})
        _end_sessions(actor, now=now)
        record("oidc.removed", actor=actor, subject=row, data={"issuer": row.issuer}, now=now)
        row.delete()
        transaction.on_commit(oidc_settings_forget)


def client_secret_of(row: OidcSettings) -> str:
    """The client secret, or nothing where there is none, or none that can be opened since SECRET_KEY changed.

    No actor: part of signing in at the issuer.
    """
    if row.client_secret is None:
        return ""
    try:
        return unseal(derived_key(_SECRET), bytes(row.client_secret), bound_to=_binding(row.issuer)).decode()
    except Unsealable:
        logger.warning("oidc_client_secret_unsealable", issuer=row.issuer)
        return ""


def _wanted(actor: Actor, row: OidcSettings, changes: Mapping[str, Any]) -> dict[str, Any]:
    """The changes as they are stored, judged together with what stays."""
    wanted = {name: changes[name] for name in PLAIN if name in changes}
    missing = {
        name: [_("This field is required.")]
        for name in ("issuer", "audience")
        if not (wanted.get(name) or getattr(row, name))
    }
    if missing:
        raise InvalidInput(errors=missing)
    wanted.setdefault("issuer", row.issuer)
    if "role_mapping" in changes:
        wanted["role_mapping"] = _mapping(changes["role_mapping"])
    if "default_role" in changes:
        wanted["default_role"] = role_named(changes["default_role"]).slug
    _require_reach(actor, row, wanted)
    if "allowed_domains" in changes:
        wanted["allowed_domains"] = _domains(changes["allowed_domains"])
    if is_for_everybody(wanted["issuer"]) and not wanted.get("allowed_domains", row.allowed_domains):
        text = _("Anybody can have an account at this issuer; name the domains of your people's addresses.")
        raise InvalidInput(errors={"allowed_domains": [text]})
    return wanted


def _mapping(given: Mapping[str, str]) -> dict[str, str]:
    if len(given) > MOST_MAPPED or any(len(value) > NAME_LENGTH for value in given):
        text = _("At most %(number)d values of %(length)d characters.")
        raise InvalidInput(errors={"role_mapping": [text % {"number": MOST_MAPPED, "length": NAME_LENGTH}]})
    return {value: role_named(role).slug for value, role in given.items()}


def _require_reach(actor: Actor, row: OidcSettings, wanted: Mapping[str, Any]) -> None:
    """Nobody has an issuer give more than they hold; roles that were mapped before and are gone give nothing."""
    mapping: dict[str, str] = wanted.get("role_mapping", row.role_mapping)
    slugs = {*mapping.values(), wanted.get("default_role", row.default_role)}
    for role in roles_assignable().filter(slug__in=slugs):
        reach_require(actor, User(role=role))


def _domains(given: Sequence[str]) -> list[str]:
    domains = sorted({domain.strip().lower() for domain in given})
    if len(domains) > MOST_DOMAINS:
        raise InvalidInput(errors={"allowed_domains": [_("At most %(number)d domains.") % {"number": MOST_DOMAINS}]})
    if not all(is_domain_name(domain) for domain in domains):
        raise InvalidInput(errors={"allowed_domains": [_("A domain is written as in example.com.")]})
    return domains


def _seal_secret(row: OidcSettings, changes: Mapping[str, Any], *, moved: bool) -> set[str]:
    """Seals the secret that was given; one that stays was meant for the issuer before, and for nobody else."""
    given = changes.get("client_secret")
    if "client_secret" not in changes and not moved:
        return set()
    had = row.client_secret is not None
    row.client_secret = seal(derived_key(_SECRET), given.encode(), bound_to=_binding(row.issuer)) if given else None
    return {"client_secret"} if given or had else set()


def _binding(issuer: str) -> bytes:
    """What a client secret is sealed for: this organization at this issuer."""
    return f"{require_tenant()}\n{issuer}".encode()


def _told(row: OidcSettings, provider: Provider, *, now: datetime) -> None:
    row.authorization_endpoint = provider.authorization_endpoint
    row.token_endpoint = provider.token_endpoint
    row.token_auth_methods = provider.token_auth_methods
    row.jwks_uri = provider.jwks_uri
    row.keys, row.keys_fetched_at = provider.keys, now


def _require_way_in(row: OidcSettings) -> None:
    """Without passwords, browsers need the issuer's sign-in."""
    if not row.local_sign_in and not row.takes_browsers:
        text = _("Nobody could sign in: a client id is needed, at an issuer that browsers can sign in at.")
        raise InvalidInput(errors={"local_sign_in": [text]})


def _end_sessions(actor: Actor, *, now: datetime) -> None:
    """Ends the sessions of who is known at an issuer, except the one that asks for it."""
    sessions = Session.objects.filter(user__oidc_identity__isnull=False, revoked_at=None)
    if actor.session_id is not None:
        sessions = sessions.exclude(pk=actor.session_id)
    sessions_revoke(actor=actor, sessions=sessions, reason=Ending.ISSUER_CHANGED, now=now)
