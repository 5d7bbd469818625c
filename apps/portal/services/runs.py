"""Running a service: answers → plan → run. A plan is everything the run will be made from, and writes nothing."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from django.db import transaction
from django.utils.translation import gettext as _

from apps.common.actor import Actor
from apps.portal.errors import InvalidParameters, ServiceDisabled, ServiceNotFound
from apps.portal.forms.errors import ParametersInvalid
from apps.portal.forms.options import ActorOptions
from apps.portal.forms.schema import Values
from apps.portal.forms.validation import validate_parameters
from apps.portal.models import Service
from apps.portal.options import providers
from apps.portal.permissions import RUN, require_service
from apps.portal.run_templates.definition import parse_definition
from apps.portal.run_templates.errors import RenderedTooLarge
from apps.portal.run_templates.template import Rendered, RunTemplate, render
from apps.robots.models import Run, TriggerType
from apps.robots.payloads import ServiceReference
from apps.robots.services.runs import RunInputs, run_plan, run_start


@dataclass(frozen=True, slots=True)
class Plan:
    """What a run of a service is made from: the revision, the answers, what they render to, and the robot's side."""

    service: Service
    parameters: Values
    rendered: Rendered
    inputs: RunInputs


def service_plan(*, actor: Actor, service: Service, parameters: Mapping[str, object]) -> Plan:
    """Return the frozen plan of a run and write nothing (a dry run).

    Needs `service.run` on the service and `robot.run` on its robot. Raises `ServiceDisabled`, `InvalidParameters`
    (with `errors` by field), and what robots refuse: no version to run, missing environment, an archived robot.
    """
    values, rendered = _answered(actor, service, parameters)
    inputs = run_plan(
        actor=actor,
        robot=service.robot,
        version=service.default_version,
        runtime_arguments=rendered.arguments,
        runtime_env=rendered.environment,
        parameters=values,
    )
    return Plan(service=service, parameters=values, rendered=rendered, inputs=inputs)


def service_run(*, actor: Actor, service: Service, parameters: Mapping[str, object], now: datetime) -> Run:
    """Accept a run of a service; it keeps the number of the revision it was made from. Raises as `service_plan`.

    The service's row stays locked until the run is there, so that a save or a delete comes before it or after it.
    """
    with transaction.atomic():
        service = _locked(service)
        values, rendered = _answered(actor, service, parameters)
        return run_start(
            actor=actor,
            robot=service.robot,
            version=service.default_version,
            runtime_arguments=rendered.arguments,
            runtime_env=rendered.environment,
            parameters=values,
            trigger_type=TriggerType.SERVICE,
            service=ServiceReference(id=service.pk, title=service.title, revision=service.revision),
            now=now,
        )


def _answered(actor: Actor, service: Service, parameters: Mapping[str, object]) -> tuple[Values, Rendered]:
    """Check the right and the answers, and render them."""
    require_service(actor, RUN, service)
    if not service.enabled:
        raise ServiceDisabled
    definition = parse_definition(service.form_schema_json, service.run_template_json)
    try:
        values = validate_parameters(
            definition.form,
            parameters,
            defaults=definition.template.defaults,
            options_resolver=ActorOptions(providers, actor),
        )
    except ParametersInvalid as refusal:
        raise InvalidParameters(refusal.detail, errors=refusal.errors) from refusal
    return values, _rendered(definition.template, values)


def _rendered(template: RunTemplate, values: Values) -> Rendered:
    try:
        return render(template, values)
    except RenderedTooLarge as refusal:
        text = _("The answers are too long for %(place)s.") % {"place": refusal.place}
        raise InvalidParameters(text) from refusal


def _locked(service: Service) -> Service:
    locked = (
        Service.objects.select_for_update(of=("self",), no_key=True)
        .select_related("domain", "robot", "default_version")
        .filter(pk=service.pk)
        .first()
    )
    if locked is None:
        raise ServiceNotFound
    return locked
