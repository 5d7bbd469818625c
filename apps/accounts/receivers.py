"""Reference rows of a new or migrated schema; sessions of signed-in browsers."""

from __future__ import annotations

from typing import Any

from django.contrib.auth.signals import user_logged_in, user_logged_out
from django.dispatch import receiver
from django.utils import timezone

from apps.accounts.authentication.pages import (
    SESSION_KEY,
    begun_keep,
    begun_kept,
    page_actor,
    preview_forget,
    signed_in_actor,
    support_forget,
    support_in,
)
from apps.accounts.models import User
from apps.accounts.payloads import Client
from apps.accounts.services.credentials import page_life
from apps.accounts.services.directory import directory_rebuild
from apps.accounts.services.roles import roles_sync, roles_text
from apps.accounts.services.sessions import session_end, session_start
from apps.accounts.services.support_grants import support_grant_end_own
from apps.tenants.context import require_tenant
from apps.tenants.services.provisioning import fingerprint_input
from apps.tenants.signals import organization_restored, schema_prepared

fingerprint_input(roles_text)


@receiver(schema_prepared)
def prepare_roles(**_: Any) -> None:
    roles_sync()


@receiver(organization_restored)
def know_addresses(**_: Any) -> None:
    """Who is in an archive can sign in where it was read."""
    directory_rebuild()


@receiver(user_logged_in)
def begin_page_session(request: Any, user: User, **_: Any) -> None:
    """A browser signed in by a form is a session like any other: listed, ended at once with the user.

    A form's session has begun with the attempt that let in, and is taken as it is: it may have ended again meanwhile.
    One that was signed in already as the same person begins anew: the old session ends, with its key.
    """
    if SESSION_KEY in request.session:
        end_page_session(request)
        request.session.cycle_key()
    session = begun_kept(request)
    if session is None:
        client = Client(ip=getattr(request, "client_ip", None), device=request.META.get("HTTP_USER_AGENT", ""))
        now = timezone.now()
        session = session_start(user=user, schema=require_tenant(), client=client, life=page_life(), now=now)
        begun_keep(request, session)
    request.session[SESSION_KEY] = str(session.pk)
    preview_forget(request)
    support_forget(request)
    type(request.session).clear_expired()


@receiver(user_logged_out)
def end_page_session(request: Any, **_: Any) -> None:
    now = timezone.now()
    actor = signed_in_actor(request, now=now) if support_in(request) is None else page_actor(request, now=now)
    if actor is not None and actor.support_id is not None:
        support_grant_end_own(actor=actor, grant_id=actor.support_id, now=now)
    elif actor is not None:
        session_end(actor=actor, now=now)
