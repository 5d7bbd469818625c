"""Reading the ledger: what happened to one thing, or to several that belong together."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from django.db.models import Q, QuerySet

from apps.common.actor import Actor
from apps.common.errors import PermissionDenied, Unauthorized
from apps.events.models import Event

READ = "audit.read"


def events_about(*, actor: Actor, subjects: Mapping[str, Iterable[object]]) -> QuerySet[Event]:
    """What happened to these (kind → ids, as ``robots.robot``), newest first, by the index of events by subject.

    Raises ``Unauthorized``, ``PermissionDenied``.
    """
    if not actor.is_authenticated:
        raise Unauthorized
    if not actor.holds(READ):
        raise PermissionDenied
    about = Q(pk__in=())
    for kind, ids in subjects.items():
        about |= Q(subject_type=kind, subject_id__in=[str(each) for each in ids])
    return Event.objects.filter(about).order_by("-id")
