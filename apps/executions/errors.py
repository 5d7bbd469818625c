"""What can go wrong with executions."""

from __future__ import annotations

from django.utils.translation import gettext_lazy as _

from apps.common.errors import BadRequest, Conflict


class LeaseLost(Exception):
    """The token is no longer valid: somebody else decides about this execution now. Stop, and write nothing more."""


class ExecutionFinished(Conflict):
    code = "execution_finished"
    message = _("The execution has ended already.")


class RetentionOrder(BadRequest):
    code = "retention_order"
    message = _("Logs and artifacts go with their runs, and cannot be kept longer.")


class ArtifactRefused(BadRequest):
    code = "artifact_refused"
    message = _("The artifact cannot be kept.")
