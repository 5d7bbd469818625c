"""Runs that an actor may see, and what they left."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Final
from uuid import UUID

from django.conf import settings
from django.core.files.base import File
from django.db.models import Q, QuerySet
from django.db.models.sql import Query

from apps.accounts.permissions import visible_filter
from apps.common.actor import Actor
from apps.dispatch.selectors import queue_is_served
from apps.executions.models import Artifact, Execution, Status
from apps.executions.selectors import QueuePosition, queue_positions
from apps.robots.errors import ArtifactNotFound, RunNotFound
from apps.robots.models import Run
from apps.robots.permissions import require_on_robot
from apps.tenants.guard import TenantQuerySet
from apps.tenants.storage import tenant_storage

READ = "run.read"
WORDS: dict[Status, str] = {
    Status.PENDING: "PENDING",
    Status.RUNNING: "RUNNING",
    Status.COMPLETED: "SUCCESS",
    Status.FAILED: "FAILED",
    Status.CANCELLED: "CANCELED",
    Status.LOST: "LOST",
}
"""The words of this contract for the statuses of the engine."""
STATUSES = {word: status for status, word in WORDS.items()}
_LISTED = (
    *(field.name for field in Run._meta.concrete_fields if field.name != "environment"),
    *(f"execution__{field.name}" for field in Execution._meta.concrete_fields),
    *("robot__name", "version__version", "version__channel", "version__artifact_sha256"),
)
"""What lists carry of each run: a version's change log alone may be larger than a page."""
# Of no organization; a queryset of the current one is made with a copy, much quicker than step by step.
_NEWEST_FIRST: Final = Run.objects.select_related("robot", "version", "execution").order_by("-id")
_SHOWN, _SHOWN_IN_LISTS = _NEWEST_FIRST.query, _NEWEST_FIRST.only(*_LISTED).query
_BARE: Final = _NEWEST_FIRST.select_related(None).query


def status_word(status: str) -> str:
    """``completed`` → ``SUCCESS``."""
    return WORDS[Status(status)]


def runs_visible(*, actor: Actor) -> QuerySet[Run]:
    """Runs of robots whose runs ``actor`` may read, newest first. Raises ``PermissionDenied`` where there are none."""
    return _visible(_SHOWN, actor)


def run_get(*, actor: Actor, run_id: UUID, action: str = READ) -> Run:
    """One run, for an action on its robot.

    Raises ``RunNotFound`` when there is none or ``actor`` does not see it, ``PermissionDenied`` when it may not.
    """
    run = _runs(_SHOWN).filter(pk=run_id).first()
    robot = run.robot if run is not None else None
    require_on_robot(robot, actor=actor, action=action, read_action=READ, missing=RunNotFound)
    if run is None:
        raise RunNotFound
    return run


def run_shown(run_id: UUID) -> Run:
    """A run as its page shows it, for an actor who has just changed it, and may have no right but that."""
    return _runs(_SHOWN).get(pk=run_id)


def run_waits_for_nobody(run: Run) -> bool:
    """Whether a run waits in a queue from which no worker takes anything now."""
    execution = run.execution
    waits = execution.status == Status.PENDING
    return waits and not queue_is_served(execution.queue, lease_seconds=settings.ENV.lease_seconds)


def _runs(query: Query) -> QuerySet[Run]:
    return TenantQuerySet(Run, query.chain())


def _visible(query: Query, actor: Actor) -> QuerySet[Run]:
    narrowed = visible_filter(actor, READ, prefix="robot__")
    return _runs(query).filter(narrowed) if narrowed else _runs(query)


def run_list(
    *,
    actor: Actor,
    robot_id: UUID | None = None,
    service_id: UUID | None = None,
    status: str | None = None,
    triggered_by: str | None = None,
    trigger_type: str | None = None,
    since: datetime | None = None,
    until: datetime | None = None,
    bare: bool = False,
) -> QuerySet[Run]:
    """Visible runs that match all that is given; ``status`` in the contract's words, ``triggered_by`` id or e-mail.

    Of robots and versions they carry only what lists show; ``bare`` ones nothing, for lists that the database writes.
    """
    runs = _visible(_BARE if bare else _SHOWN_IN_LISTS, actor)
    if robot_id is not None:
        runs = runs.filter(robot_id=robot_id)
    if service_id is not None:
        runs = runs.filter(service_id=service_id)
    if status is not None:
        # An execution has its run's id, and the index of executions by status gives this order.
        runs = runs.filter(execution__status=STATUSES[status]).order_by("-execution_id")
    if triggered_by is not None:
        runs = runs.filter(_triggered_by(triggered_by))
    if trigger_type is not None:
        runs = runs.filter(trigger_type=trigger_type)
    if since is not None:
        runs = runs.filter(created_at__gte=since)
    if until is not None:
        runs = runs.filter(created_at__lt=until)
    return runs


@dataclass(frozen=True, slots=True)
class BesideRuns:
    """What is shown with runs and stands elsewhere, by their ids: the files they left, their places in queues."""

    artifacts: Mapping[UUID, Sequence[Artifact]] = field(default_factory=dict)
    places: Mapping[UUID, QueuePosition] = field(default_factory=dict)


def beside_runs(runs: Sequence[Run]) -> BesideRuns:
    """What lies beside runs that the actor sees: two questions whatever their number, one where none waits."""
    artifacts: dict[UUID, list[Artifact]] = {run.pk: [] for run in runs}
    for artifact in Artifact.objects.filter(execution_id__in=artifacts).order_by("name"):
        artifacts[artifact.execution_id].append(artifact)
    return BesideRuns(artifacts, queue_positions([run.execution for run in runs]))


def _triggered_by(who: str) -> Q:
    try:
        return Q(execution__requested_by_id=UUID(who))
    except ValueError:
        return Q(execution__requested_by_label__iexact=who)


def artifacts_of(*, actor: Actor, run_id: UUID, search: str = "") -> QuerySet[Artifact]:
    """Files that a visible run left, by name; ``search`` looks into it. Raises ``RunNotFound``."""
    run = run_get(actor=actor, run_id=run_id)
    artifacts = Artifact.objects.filter(execution_id=run.pk).order_by("name")
    return artifacts.filter(name__icontains=search) if search else artifacts


def artifact_get(*, actor: Actor, run_id: UUID, artifact_id: UUID) -> Artifact:
    """A file to be downloaded. Raises ``RunNotFound``, ``PermissionDenied``, ``ArtifactNotFound``."""
    run = run_get(actor=actor, run_id=run_id, action="artifact.download")
    artifact = Artifact.objects.filter(execution_id=run.pk, pk=artifact_id).first()
    if artifact is None:
        raise ArtifactNotFound
    return artifact


def artifact_opened(artifact: Artifact) -> File[bytes]:
    """The file of an artifact that the caller may download. Raises ``ArtifactNotFound`` for one that is gone."""
    try:
        return tenant_storage.open(artifact.storage_name)
    except FileNotFoundError as error:
        raise ArtifactNotFound from error
