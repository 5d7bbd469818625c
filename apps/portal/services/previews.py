"""A service as somebody is writing it: what its form looks like and what it would run. Nothing is saved."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any
from uuid import UUID

from apps.common.actor import Actor
from apps.common.errors import ApplicationError
from apps.portal.errors import InvalidDefaultVersion
from apps.portal.forms.errors import Problem, SchemaInvalid
from apps.portal.forms.options import ActorOptions
from apps.portal.forms.parsing import parse_form_schema
from apps.portal.forms.presentation import present_form
from apps.portal.forms.schema import FormSchema
from apps.portal.models import Service
from apps.portal.options import providers
from apps.portal.permissions import MANAGE, require_service, scope_somewhere
from apps.portal.run_templates.errors import TemplateInvalid
from apps.portal.run_templates.parsing import parse_run_template
from apps.portal.run_templates.template import RunTemplate
from apps.portal.selectors.forms import usable_answers
from apps.portal.services.runs import Plan, service_plan
from apps.robots.models import RobotVersion
from apps.robots.selectors.robots import robot_get


@dataclass(frozen=True, slots=True, kw_only=True)
class Draft:
    """What stands in its author's page: both documents as they are, the robot and its version by id."""

    form: object
    template: object
    robot_id: UUID | None = None
    version_id: UUID | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Preview:
    """``fields`` are None while the form cannot be read. Without a ``plan``, problems or the ``refusal`` say why;
    without any of these, no robot is chosen."""

    fields: list[dict[str, Any]] | None = None
    form_problems: Sequence[Problem] = ()
    template_problems: Sequence[Problem] = ()
    plan: Plan | None = None
    refusal: ApplicationError | None = None


def service_preview(
    *, actor: Actor, service: Service | None, draft: Draft, answers: Mapping[str, object] | None
) -> Preview:
    """Show what a draft of a service (None: of a new one) comes to with these answers, and write nothing.

    Needs `service.manage`: on the service, or anywhere for a new one. What is wrong with the draft is told, not raised.
    """
    if service is None:
        scope_somewhere(actor, MANAGE)
    else:
        require_service(actor, MANAGE, service)
    try:
        form = parse_form_schema(draft.form, check_filter=providers.check_source)
    except SchemaInvalid as refusal:
        return Preview(form_problems=refusal.found)
    given = {key: value for key, value in (answers or {}).items() if key in form.by_key}
    try:
        template = parse_run_template(draft.template, form=form)
    except TemplateInvalid as refusal:
        fields = _presented(actor, form, RunTemplate(), given)
        return Preview(fields=fields, template_problems=refusal.found)
    preview = Preview(fields=_presented(actor, form, template, given))
    if draft.robot_id is None:
        return preview
    try:
        drafted = _drafted(actor, service, draft, draft.robot_id)
        return replace(preview, plan=service_plan(actor=actor, service=drafted, parameters=given))
    except ApplicationError as error:
        return replace(preview, refusal=error)


def _presented(
    actor: Actor, form: FormSchema, template: RunTemplate, answers: Mapping[str, object]
) -> list[dict[str, Any]]:
    return present_form(
        form,
        defaults=template.defaults,
        answers=usable_answers(form, answers),
        options_resolver=ActorOptions(providers, actor),
    )


def _drafted(actor: Actor, service: Service | None, draft: Draft, robot_id: UUID) -> Service:
    """The service as it would be, on no row: as if it were enabled, for the author wants to see what it would run."""
    robot = robot_get(actor=actor, robot_id=robot_id)
    version = None
    if draft.version_id is not None:
        version = RobotVersion.objects.filter(pk=draft.version_id, robot=robot).first()
        if version is None:
            raise InvalidDefaultVersion(errors={"default_version_id": [InvalidDefaultVersion.message]})
    drafted = Service(
        robot=robot,
        default_version=version,
        form_schema_json=draft.form,
        run_template_json=draft.template,
        enabled=True,
    )
    if service is not None:
        drafted.pk, drafted.domain_id = service.pk, service.domain_id
    return drafted
