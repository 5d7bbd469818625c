"""Where support of the platform comes into an organization's back-office, and leaves it."""

from __future__ import annotations

from typing import Any

from django.contrib.auth import logout
from django.http.response import HttpResponseBase, HttpResponseRedirect
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.debug import sensitive_variables
from django.views.decorators.http import require_POST, require_safe

from apps.accounts.authentication.pages import SUPPORT_KEY, support_in
from apps.accounts.pages.views import shown
from apps.accounts.services.support_grants import support_grant_end_own, support_ticket_redeem
from apps.common.errors import ApplicationError
from apps.common.middleware.headers import forgotten
from apps.tenants.hosts import shared_url
from apps.tenants.naming import PLATFORM
from apps.tenants.selectors import organization_title

_OFFICE = "/admin/"


@csrf_exempt  # the form stands on a page of the platform: its ticket is what no other page knows
@never_cache
@require_POST
@sensitive_variables()
def enter(request: Any) -> HttpResponseBase:
    """Lets in who comes from the platform with a ticket, in a session that nobody knew before and that ends with it."""
    ticket, origin = request.POST.get("ticket", ""), request.headers.get("Origin", "")
    try:
        grant = support_ticket_redeem(ticket=ticket, origin=origin, ip=request.client_ip, now=timezone.now())
    except ApplicationError as error:
        return shown(request, "accounts/pages/not_signed_in.html", {"error": error}, status=error.status)
    if support_in(request) == str(grant.pk):
        request.session.flush()  # who is let in by it already is so in another session, and their access goes on
    else:
        # Whoever was here before. Their session of ours ends as well where the browser sends cookies along; from
        # another site it sends none, and theirs stays in their list until it runs out.
        logout(request)
    request.session[SUPPORT_KEY] = str(grant.pk)
    request.session.set_expiry(grant.expires_at)
    return HttpResponseRedirect(_OFFICE)


@never_cache
@require_POST
def leave(request: Any) -> HttpResponseBase:
    """Ends the access by which this browser is in."""
    actor = request.actor
    try:
        if actor.support_id is not None:
            support_grant_end_own(actor=actor, grant_id=actor.support_id, now=timezone.now())
    except ApplicationError as error:
        return shown(request, "accounts/pages/not_signed_in.html", {"error": error}, status=error.status)
    request.session.flush()
    return forgotten(HttpResponseRedirect(reverse("support-left")))


@never_cache
@require_safe
def left(request: Any) -> HttpResponseBase:
    """Where support is after it has left: the way back is a link, for forms lead to no other host."""
    organization = request.organization
    if organization.schema_name == PLATFORM:
        return HttpResponseRedirect(_OFFICE)
    context = {
        "title": _("You have left %(organization)s") % {"organization": organization_title(organization)},
        "text": _("The support access has ended. To come back, ask for another in the platform's back-office."),
        "platform": f"{shared_url()}{_OFFICE}",
    }
    return shown(request, "accounts/pages/support_left.html", context)
