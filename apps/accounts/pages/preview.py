"""Ending a look around as a role; it is begun on the role's page of the back-office."""

from __future__ import annotations

from typing import Any

from django.http.response import HttpResponseBase, HttpResponseRedirect
from django.utils import timezone
from django.views.decorators.http import require_POST

from apps.accounts.authentication.pages import preview_forget, previewed_role, signed_in_actor
from apps.accounts.services.role_previews import role_preview_end


@require_POST
def stop(request: Any) -> HttpResponseBase:
    """Back to the back-office, as oneself."""
    now, role_id = timezone.now(), previewed_role(request)
    actor = signed_in_actor(request, now=now)
    if actor is not None and role_id is not None:
        role_preview_end(actor=actor, role_id=role_id, now=now)
        preview_forget(request)
    return HttpResponseRedirect("/admin/")
