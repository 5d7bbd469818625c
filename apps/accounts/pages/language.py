"""Choosing the language of the pages: remembered in this browser, and in the account of who is signed in."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.http import HttpResponseBase
from django.utils import timezone
from django.views.decorators.http import require_POST
from django.views.i18n import set_language

from apps.accounts.services.profile import profile_update


@require_POST
def language(request: Any) -> HttpResponseBase:
    """Django's own view, which goes back to a page of ours alone; what we do not speak changes nothing."""
    chosen = request.POST.get("language")
    if request.actor.type == "user" and chosen in dict(settings.LANGUAGES):
        profile_update(actor=request.actor, changes={"locale": chosen}, now=timezone.now())
    return set_language(request)
