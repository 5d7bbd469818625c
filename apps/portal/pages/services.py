"""One service: its form, what it would run, and its runs."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from http import HTTPStatus
from typing import Any
from uuid import UUID

from django.http import HttpResponse, JsonResponse
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_safe

from apps.common.api.responses import error_body
from apps.common.arrivals import taking_files
from apps.common.errors import ApplicationError, BadRequest, PermissionDenied
from apps.common.times import zone_named
from apps.portal.models import Service
from apps.portal.pages.answers import Sent, read_answers
from apps.portal.pages.door import PageRequest, page, show, zone_of
from apps.portal.pages.fields import field_views
from apps.portal.pages.once import new_key, once
from apps.portal.run_templates.definition import parse_definition
from apps.portal.selectors.catalogue import may_run
from apps.portal.selectors.forms import form_fields
from apps.portal.selectors.scorecard import Scorecard, service_runs, service_scorecard
from apps.portal.selectors.services import service_get
from apps.portal.services.runs import Plan, service_plan, service_run
from apps.robots.errors import RunNotFound
from apps.robots.models import Run
from apps.robots.selectors.runs import run_get

RECENT_RUNS, RUNS_ON_A_PAGE = 8, 50


@dataclass(frozen=True, slots=True, kw_only=True)
class Filled:
    """A form as somebody filled it in, what is wrong with it, and what it would run."""

    answers: Mapping[str, object] | None = None
    error: ApplicationError | None = None
    plan: Plan | None = None
    errors: Mapping[str, Sequence[str]] = field(default_factory=dict)


def _seen(request: PageRequest, service_id: UUID) -> None:
    service_get(actor=request.actor, service_id=service_id)


@require_http_methods(["GET", "HEAD", "POST"])
@taking_files(page, first=_seen)
def service(request: PageRequest, service_id: UUID) -> HttpResponse:
    """The form. Sent, it runs the service; or shows what would run; or only resolves its options anew."""
    found = service_get(actor=request.actor, service_id=service_id)
    if request.method != "POST":
        return _drawn(request, found, Filled(answers=_earlier_answers(request)))
    answers, action = _answers(request, found), request.POST.get("action", "run")
    try:
        if action == "run":
            return _run(request, found, answers)
        plan = service_plan(actor=request.actor, service=found, parameters=answers) if action == "preview" else None
    except PermissionDenied:
        raise
    except ApplicationError as error:
        return _wrong(request, found, answers, error)
    if plan is not None and _wants_json(request):
        return JsonResponse(plan_json(plan))
    return _drawn(request, found, Filled(answers=answers, plan=plan))


def _run(request: PageRequest, found: Service, answers: Mapping[str, object]) -> HttpResponse:
    if found.confirmation_text and not request.POST.get("confirmed"):
        raise BadRequest(_("Confirm that this may run."), errors={"confirmed": [_("Tick the box to confirm.")]})

    def act() -> str:
        run = service_run(actor=request.actor, service=found, parameters=answers, now=timezone.now())
        return reverse("portal:run", args=[run.pk])

    return once(request, answers, act)


def _wrong(
    request: PageRequest, found: Service, answers: Mapping[str, object], error: ApplicationError
) -> HttpResponse:
    """The same form with what stands in it, and what is wrong at each field."""
    if _wants_json(request):
        return JsonResponse(error_body(error), status=error.status)
    filled = Filled(answers=answers, error=error, errors=_texts(error))
    return _drawn(request, found, filled, status=error.status)


def _texts(error: ApplicationError) -> dict[str, list[str]]:
    return {name: [str(text) for text in texts] for name, texts in (error.errors or {}).items()}


def _drawn(request: PageRequest, found: Service, filled: Filled, *, status: int = HTTPStatus.OK) -> HttpResponse:
    zone = zone_named(request.POST.get("zone", "")) or zone_of(request.actor)
    presented = form_fields(actor=request.actor, service=found, answers=filled.answers or {})
    fields = field_views(presented, answers=filled.answers, errors=filled.errors, zone=zone)
    runs, scorecard = _history(request, found)
    known = {each.key for each in fields}
    context = {
        "service": found,
        "fields": fields,
        "error": filled.error,
        "other_errors": [text for name, texts in filled.errors.items() if name not in known for text in texts],
        "plan": None if filled.plan is None else plan_json(filled.plan),
        "may_run": may_run(actor=request.actor, service=found),
        "form_zone": zone,
        "idempotency_key": new_key(),
        "texts": _form_texts(),
        "runs": runs,
        "scorecard": scorecard,
    }
    return show(request, "portal/service.html", context, status=status)


def _form_texts() -> dict[str, str]:
    """What the form's script says."""
    return {
        "bad": _("This is no number."),
        "choose": _("Choose…"),
        "failed": _("The server does not answer. Try again."),
        "none": _("Nothing to choose from"),
    }


def _history(request: PageRequest, found: Service) -> tuple[list[Run], Scorecard | None]:
    """The last runs and the figures, where the reader may read runs."""
    try:
        runs = list(service_runs(actor=request.actor, service=found)[:RECENT_RUNS])
        return runs, service_scorecard(actor=request.actor, service=found) if runs else None
    except PermissionDenied:
        return [], None


def _answers(request: PageRequest, found: Service) -> dict[str, object]:
    definition = parse_definition(found.form_schema_json, found.run_template_json)
    files = {name: upload for name, upload in request.FILES.items() if not isinstance(upload, list)}
    sent = Sent(request.POST, files, zone_named(request.POST.get("zone", "")))
    return read_answers(definition.form, sent, defaults=definition.template.defaults)


def _earlier_answers(request: PageRequest) -> Mapping[str, object] | None:
    """The answers of a run to be repeated with changes (``?from=<run>``); None for a fresh form."""
    if "from" not in request.GET:
        return None
    try:
        return run_get(actor=request.actor, run_id=_run_id(request.GET["from"])).parameters  # type: ignore[no-any-return]
    except (RunNotFound, PermissionDenied):
        return None


def plan_json(plan: Plan) -> dict[str, Any]:
    """What would run, as the page shows it."""
    inputs = plan.inputs
    return {
        "robot": plan.service.robot.name,
        "version": inputs.version.version,
        "arguments": inputs.arguments,
        "environment": [[name, value] for name, value in sorted(inputs.environment.items())],
        "secrets": [[name, secret] for name, secret in sorted(plan.rendered.secrets.items())],
    }


def _wants_json(request: PageRequest) -> bool:
    return request.get_preferred_type(["text/html", "application/json"]) == "application/json"


@require_safe
@page
def runs(request: PageRequest, service_id: UUID) -> HttpResponse:
    """Runs of a service, newest first; ``?before=<run>`` goes on from there, which costs the same at any depth."""
    found = service_get(actor=request.actor, service_id=service_id)
    history = service_runs(actor=request.actor, service=found)
    before = request.GET.get("before")
    if before:
        history = history.filter(pk__lt=_run_id(before))
    shown = list(history[: RUNS_ON_A_PAGE + 1])
    older = shown[RUNS_ON_A_PAGE - 1].pk if len(shown) > RUNS_ON_A_PAGE else None
    context = {"service": found, "runs": shown[:RUNS_ON_A_PAGE], "older": older, "later": bool(before)}
    return show(request, "portal/service_runs.html", context)


def _run_id(text: str) -> UUID:
    try:
        return UUID(text)
    except ValueError as error:
        raise RunNotFound from error
