"""What the page of a service shows while somebody writes it: the form as the portal draws it, and what would run."""

from __future__ import annotations

from collections.abc import Iterable
from http import HTTPStatus
from typing import Any

from django import forms
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.template.loader import render_to_string
from django.views.decorators.http import require_POST

from apps.common.admin_forms import DocumentField
from apps.common.api.responses import error_body
from apps.common.errors import ApplicationError
from apps.portal.forms.errors import Problem
from apps.portal.pages.door import zone_of
from apps.portal.pages.fields import field_views
from apps.portal.pages.services import plan_json
from apps.portal.selectors.services import service_get
from apps.portal.services.previews import Draft, Preview, service_preview


class DraftForm(forms.Form):
    """A page's draft and the answers in its preview; no answers at all mean that nobody has touched it yet."""

    service = forms.UUIDField(required=False)
    robot = forms.UUIDField(required=False)
    default_version = forms.UUIDField(required=False)
    form_schema_json = DocumentField(required=False)
    run_template_json = DocumentField(required=False)
    answers = DocumentField(required=False)

    def clean_answers(self) -> dict[str, Any] | None:
        answers = self.cleaned_data["answers"]
        if not isinstance(answers, dict):
            raise forms.ValidationError(self.fields["answers"].error_messages["invalid"])
        return answers or None


@require_POST
def preview(request: HttpRequest) -> HttpResponse:
    """The draft that stands in the page, as JSON for its script."""
    sent = DraftForm(request.POST)
    if not sent.is_valid():
        return JsonResponse({"errors": sent.errors}, status=HTTPStatus.UNPROCESSABLE_ENTITY)
    actor, given = request.actor, sent.cleaned_data  # type: ignore[attr-defined]
    draft = Draft(
        form=given["form_schema_json"],
        template=given["run_template_json"],
        robot_id=given["robot"],
        version_id=given["default_version"],
    )
    try:
        service = service_get(actor=actor, service_id=given["service"]) if given["service"] else None
        shown = service_preview(actor=actor, service=service, draft=draft, answers=given["answers"])
    except ApplicationError as error:
        return JsonResponse(error_body(error), status=error.status)
    return JsonResponse(_shown(request, shown, given["answers"]))


def _shown(request: Any, shown: Preview, answers: dict[str, Any] | None) -> dict[str, Any]:
    html = None
    if shown.fields is not None:
        fields = field_views(shown.fields, answers=answers, errors={}, zone=zone_of(request.actor))
        html = render_to_string("portal/office/preview.html", {"fields": fields})
    refusal = shown.refusal
    return {
        "html": html,
        "questions": _problems(shown.form_problems),
        "command": _problems(shown.template_problems),
        "plan": None if shown.plan is None else plan_json(shown.plan),
        "refusal": [] if refusal is None else _texts(refusal),
    }


def _problems(problems: Iterable[Problem]) -> list[dict[str, Any]]:
    return [{"text": each.text, "rule": each.rule, "message": each.message, "number": each.number} for each in problems]


def _texts(refusal: ApplicationError) -> list[str]:
    return [str(text) for texts in (refusal.errors or {"": [refusal.detail]}).values() for text in texts]
