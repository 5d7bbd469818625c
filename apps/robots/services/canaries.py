"""A version that fails too often on its share of the runs is taken back by itself."""

from __future__ import annotations

from datetime import datetime

from django.conf import settings
from django.utils.translation import gettext as _

from apps.common.actor import Actor
from apps.events.services import record
from apps.robots.models import Robot, Run
from apps.robots.selectors.canaries import CanaryRecord, canary_record


def fails_too_often(counts: CanaryRecord) -> bool:
    """Whether the failure rate passes the threshold, or must pass it whatever the runs up to the minimum do.

    No actor: it only computes.
    """
    judged = max(counts.finished, settings.ENV.canary_minimum_runs)
    return counts.failed * 100 > settings.ENV.canary_failure_percent * judged


def canary_review(*, actor: Actor, run: Run, now: datetime) -> bool:
    """Looks at a canary after one of its runs failed and takes it back where it fails too often.

    Belongs into the transaction in which the run failed; returns whether it was taken back.
    """
    if not run.is_canary:
        return False
    robot = Robot.objects.select_for_update(no_key=True).get(pk=run.robot_id)
    if robot.canary_version_id != run.version_id:
        return False
    counts = canary_record(robot)
    if not fails_too_often(counts):
        return False
    facts = {"robot_id": str(robot.pk), "finished": counts.finished, "failed": counts.failed}
    robot.canary_note = _("%(version)s was taken back: %(failed)d of %(finished)d runs failed.") % {
        "version": run.version.version,
        "failed": counts.failed,
        "finished": counts.finished,
    }
    robot.canary_version, robot.canary_percent, robot.canary_started_at = None, 0, None
    robot.save(update_fields=["canary_version", "canary_percent", "canary_started_at", "canary_note", "updated_at"])
    record("version.canary_rolled_back", actor=actor, subject=run.version, data=facts, now=now)
    return True
