"""What the portal knows of a run beyond what robots do: the questions its answers belong to."""

from __future__ import annotations

from collections.abc import Hashable, Mapping
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django.db.models import QuerySet

from apps.common.actor import Actor
from apps.common.errors import PermissionDenied
from apps.portal.models import Service, ServiceRevision
from apps.portal.selectors.services import services_visible
from apps.robots.models import Run
from apps.robots.selectors.runs import run_list


@dataclass(frozen=True, slots=True)
class Answer:
    """One answer of a run under the label it was asked with."""

    label: str
    value: Any


def runs_of_services(
    *,
    actor: Actor,
    service_id: UUID | None = None,
    status: str | None = None,
    own: bool = False,
    before: UUID | None = None,
) -> QuerySet[Run]:
    """Return the visible runs that were started through services, newest first; ``before`` goes on after that run.

    ``own`` ones are those that the actor asked for. Raises 401 and 403 like every selector.
    """
    runs = run_list(actor=actor, service_id=service_id, status=status).filter(service_id__isnull=False)
    if own:
        runs = runs.filter(execution__requested_by_id=actor.user_id) if actor.user_id else runs.none()
    if before is not None:
        # An execution has its run's id, and each of the two leads the index that gives the order.
        runs = runs.filter(pk__lt=before, execution_id__lt=before)
    return runs


def service_behind(*, actor: Actor, run: Run) -> Service | None:
    """Return the service a run was started from, if the actor may still see it."""
    if run.service_id is None or not actor.is_authenticated:
        return None
    try:
        return services_visible(actor=actor).filter(pk=run.service_id).first()
    except PermissionDenied:
        return None


def answers_of(run: Run) -> list[Answer]:
    """Return a run's parameters in the words of the form it was made from, in its order.

    Whoever may read the run may read them: the rights are those of the run. No actor.
    """
    fields = _fields(run)
    keys = [*(key for key in fields if key in run.parameters), *(key for key in run.parameters if key not in fields)]
    return [_answer(fields.get(key, {"label": key}), run.parameters[key]) for key in keys]


def _fields(run: Run) -> dict[str, Mapping[str, Any]]:
    if run.service_id is None or run.service_revision is None:
        return {}
    revision = ServiceRevision.objects.filter(service_id=run.service_id, number=run.service_revision).first()
    content: Mapping[str, Any] = revision.content if revision is not None else {}
    return {field["key"]: field for field in content.get("form_schema_json", {}).get("fields", [])}


def _answer(field: Mapping[str, Any], value: Any) -> Answer:
    """A file by its name, options by their labels; the rest as it is, whatever programs gave."""
    if isinstance(value, Mapping) and {"content_base64", "name"} <= value.keys():
        return Answer(field["label"], value["name"])
    options = {option["value"]: option["label"] for option in field.get("options") or ()}
    if isinstance(value, list):
        return Answer(field["label"], [_called(each, options) for each in value])
    return Answer(field["label"], _called(value, options))


def _called(value: Any, options: Mapping[Any, str]) -> Any:
    return options.get(value, value) if isinstance(value, Hashable) else value
