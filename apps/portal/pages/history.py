"""Everybody's runs of all services, as far as the reader may read them."""

from __future__ import annotations

from uuid import UUID

from django.http import HttpResponse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from apps.common.errors import InvalidInput
from apps.portal.pages.door import PageRequest, page, show, text_of
from apps.portal.selectors.runs import runs_of_services
from apps.portal.selectors.services import services_to_choose_from
from apps.robots.selectors.runs import STATUSES
from apps.robots.templatetags.runs import STATES

RUNS_ON_A_PAGE, SERVICES_TO_CHOOSE_FROM = 50, 500


@require_safe
@page
def history(request: PageRequest) -> HttpResponse:
    """The newest first, narrowed by state, service or to one's own; ``?before=<run>`` goes on after that run."""
    status, service_id, before, own = _status(request), _id(request, "service"), _id(request, "before"), _own(request)
    rows = runs_of_services(actor=request.actor, service_id=service_id, status=status or None, own=own, before=before)
    found = list(rows[: RUNS_ON_A_PAGE + 1])
    context = {
        "runs": found[:RUNS_ON_A_PAGE],
        "older": found[RUNS_ON_A_PAGE - 1].pk if len(found) > RUNS_ON_A_PAGE else None,
        "later": before is not None,
        "states": STATES.items(),
        "services": services_to_choose_from(actor=request.actor)[:SERVICES_TO_CHOOSE_FROM],
        "chosen_status": status,
        "chosen_service": service_id,
        "own": own,
        "narrowed": bool(status or service_id or own),
    }
    return show(request, "portal/runs.html", context)


def _status(request: PageRequest) -> str:
    word = text_of(request, "status")
    if word and word not in STATUSES:
        raise InvalidInput(errors={"status": [_("There is no such state.")]})
    return word


def _own(request: PageRequest) -> bool:
    word = text_of(request, "by")
    if word not in {"", "me"}:
        raise InvalidInput(errors={"by": [_("Choose everybody or yourself.")]})
    return word == "me"


def _id(request: PageRequest, name: str) -> UUID | None:
    text = text_of(request, name)
    try:
        return UUID(text) if text else None
    except ValueError as error:
        raise InvalidInput(errors={name: [_("This is no id.")]}) from error
