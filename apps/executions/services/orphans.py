"""Files whose row is gone, or never came, because a process died in between."""

from __future__ import annotations

from contextlib import suppress
from datetime import UTC, datetime, timedelta
from uuid import UUID

import structlog
from django.core.files.storage import default_storage

from apps.executions.models import Artifact
from apps.executions.services.artifacts import FOLDER
from apps.tenants.context import tenant_context
from apps.tenants.selectors import organizations_all
from apps.tenants.storage import tenant_storage

logger = structlog.get_logger(__name__)
YOUNG = timedelta(days=1)
"""A file this young may belong to an artifact whose row is about to be written."""


def orphans_sweep(*, now: datetime) -> int:
    """Deletes, in every organization, artifact files that no row knows and that are a day old; returns how many.

    No actor: nothing that anybody can see goes away.
    """
    swept = 0
    for organization in organizations_all():
        try:
            with tenant_context(organization):
                swept += _swept(now)
        except Exception:  # one organization's trouble must not keep the others' files
            logger.exception("orphans_not_swept", organization=organization.slug)
    return swept


def _swept(now: datetime) -> int:
    swept = 0
    for folder in _listed(FOLDER)[0]:
        files = _listed(f"{FOLDER}/{folder}")[1]
        known = set(Artifact.objects.filter(execution_id=folder).values_list("storage_name", flat=True))
        for file in files:
            name = f"{FOLDER}/{folder}/{file}"
            if name not in known and _made_at(file) < now - YOUNG:
                tenant_storage.delete(name)
                swept += 1
        if not known:
            with suppress(OSError):  # not empty yet
                tenant_storage.delete(f"{FOLDER}/{folder}")
    return swept


def _listed(folder: str) -> tuple[list[str], list[str]]:
    try:
        return default_storage.listdir(tenant_storage.path_of(folder))
    except FileNotFoundError:
        return [], []


def _made_at(file: str) -> datetime:
    """Files are named after their artifact's id, whose first 48 bits are the milliseconds of its making."""
    return datetime.fromtimestamp((UUID(file).int >> 80) / 1000, tz=UTC)
