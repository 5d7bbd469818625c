"""One run: watched live, stopped, started again, and what it left."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.contrib import messages
from django.http import HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_http_methods, require_safe

from apps.accounts.permissions import allowed
from apps.common.errors import Conflict
from apps.executions.models import Artifact
from apps.executions.selectors import queue_position
from apps.portal.pages.door import PageRequest, page, posted, show
from apps.portal.pages.once import new_key, once
from apps.portal.pages.previews import PICTURES, PREVIEW_BYTES, is_picture, preview_of
from apps.portal.selectors.runs import answers_of, service_behind
from apps.robots.models import Run
from apps.robots.selectors.runs import artifact_get, artifact_opened, artifacts_of, run_get, run_waits_for_nobody
from apps.robots.services.runs import run_cancel, run_retry


@require_safe
@page
def run(request: PageRequest, run_id: UUID) -> HttpResponse:
    """How a run is, its log as it comes, and what it left."""
    return show(request, "portal/run.html", _shown(request, run_get(actor=request.actor, run_id=run_id)))


def _shown(request: PageRequest, found: Run) -> dict[str, Any]:
    actor = request.actor
    return {
        "run": found,
        "service": service_behind(actor=actor, run=found),
        "answers": answers_of(found),
        "queue": queue_position(found.execution),
        "waits_for_nobody": run_waits_for_nobody(found),
        "artifacts": [(each, is_picture(each.content_type)) for each in artifacts_of(actor=actor, run_id=found.pk)],
        "picture_types": " ".join(sorted(PICTURES)),
        "may_cancel": allowed(actor, "run.cancel", found.robot),
        "may_retry": allowed(actor, "robot.run", found.robot),
        "may_download": allowed(actor, "artifact.download", found.robot),
        "idempotency_key": new_key(),
        "now": timezone.now(),
    }


@require_http_methods(["GET", "HEAD", "POST"])
@page
def cancel(request: PageRequest, run_id: UUID) -> HttpResponse:
    """Asks whether it is meant, then stops the run."""
    found = run_get(actor=request.actor, run_id=run_id, action="run.cancel")
    if request.method != "POST":
        return show(request, "portal/cancel.html", {"run": found})
    try:
        run_cancel(actor=request.actor, run=found, now=timezone.now())
    except Conflict as error:
        messages.warning(request, str(error))
    return HttpResponseRedirect(reverse("portal:run", args=[found.pk]))


@posted("portal:run", "run_id")
@page
def retry(request: PageRequest, run_id: UUID) -> HttpResponse:
    """Starts a new run with the same inputs, and goes there."""
    found = run_get(actor=request.actor, run_id=run_id, action="robot.run")

    def act() -> str:
        again = run_retry(actor=request.actor, run=found, now=timezone.now())
        return reverse("portal:run", args=[again.pk])

    try:
        return once(request, {"run": str(found.pk)}, act)
    except Conflict as error:
        messages.warning(request, str(error))
        return HttpResponseRedirect(reverse("portal:run", args=[found.pk]))


@require_safe
@page
def artifact(request: PageRequest, run_id: UUID, artifact_id: UUID) -> HttpResponse:
    """The beginning of a file that a run left; the whole is a download."""
    found = run_get(actor=request.actor, run_id=run_id)
    kept = artifact_get(actor=request.actor, run_id=run_id, artifact_id=artifact_id)
    preview = preview_of(kept.name, kept.content_type, _beginning(kept), size=kept.size)
    return show(request, "portal/artifact.html", {"run": found, "artifact": kept, "preview": preview})


def _beginning(kept: Artifact) -> bytes:
    if is_picture(kept.content_type):
        return b""
    with artifact_opened(kept) as file:
        return bytes(file.read(PREVIEW_BYTES))
