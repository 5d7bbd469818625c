"""Words of the back-office that stand in no source of ours: those of its library, and names that Django makes itself.

A column without a label is called after its attribute, in English; a model's plural is its name with an s. Here they
are said to gettext, so that they speak the reader's language; migrations know nothing of it.
"""

from __future__ import annotations

from typing import Any

from django.db.models import Model
from django.utils.translation import gettext_lazy, gettext_noop

LIBRARY = (
    gettext_noop("Welcome back to"),
    gettext_noop("Date"),
    gettext_noop("All applications"),
    gettext_noop("Apply Filters"),
    gettext_noop("Cancel"),
    gettext_noop("Choose file to upload"),
    gettext_noop("Expand row"),
    gettext_noop("False"),
    gettext_noop("General"),
    gettext_noop("Go back"),
    gettext_noop("More actions"),
    gettext_noop("No data"),
    gettext_noop("No results matching your query"),
    gettext_noop("Return to site"),
    gettext_noop("Select action"),
    gettext_noop("Select action to run"),
    gettext_noop("Select all rows"),
    gettext_noop("Select record"),
    gettext_noop("Select Record"),
    gettext_noop("Select value"),
    gettext_noop("True"),
    gettext_noop("Type to search"),
)
COLUMNS = (
    gettext_noop("id"),
    gettext_noop("created at"),
    gettext_noop("updated at"),
    gettext_noop("created by"),
    gettext_noop("robot"),
    gettext_noop("version"),
    gettext_noop("schedule"),
    gettext_noop("execution"),
    gettext_noop("arguments"),
    gettext_noop("environment"),
    gettext_noop("parameters"),
    gettext_noop("channel"),
    gettext_noop("artifact type"),
    gettext_noop("artifact name"),
    gettext_noop("artifact sha256"),
    gettext_noop("artifact size"),
    gettext_noop("entrypoint type"),
    gettext_noop("entrypoint path"),
    gettext_noop("env vars"),
    gettext_noop("required env keys"),
    gettext_noop("working directory"),
    gettext_noop("changelog"),
    gettext_noop("commit sha"),
    gettext_noop("branch"),
    gettext_noop("build url"),
    gettext_noop("release tags"),
    gettext_noop("window start"),
    gettext_noop("window end"),
    gettext_noop("max concurrency"),
    gettext_noop("skip holidays"),
    gettext_noop("timeout seconds"),
    gettext_noop("retry count"),
    gettext_noop("retry backoff seconds"),
    gettext_noop("runtime arguments"),
    gettext_noop("runtime env"),
    gettext_noop("due at"),
    gettext_noop("run"),
    gettext_noop("skipped reason"),
    gettext_noop("status"),
    gettext_noop("queue"),
    gettext_noop("priority"),
    gettext_noop("requested by"),
    gettext_noop("requested by label"),
    gettext_noop("trace id"),
    gettext_noop("attempt"),
    gettext_noop("false starts"),
    gettext_noop("worker"),
    gettext_noop("process id"),
    gettext_noop("process started at"),
    gettext_noop("cancel requested at"),
    gettext_noop("progress done"),
    gettext_noop("progress total"),
    gettext_noop("progress message"),
    gettext_noop("exit code"),
    gettext_noop("last seq"),
    gettext_noop("first seq"),
    gettext_noop("lines"),
    gettext_noop("gap reason"),
    gettext_noop("log truncated"),
    gettext_noop("content type"),
    gettext_noop("size"),
    gettext_noop("sha256"),
    gettext_noop("storage name"),
    gettext_noop("slug"),
    gettext_noop("plan"),
    gettext_noop("is primary"),
    gettext_noop("schema name"),
    gettext_noop("schema version"),
    gettext_noop("migration state"),
    gettext_noop("migration error"),
    gettext_noop("organization"),
    gettext_noop("auth source"),
    gettext_noop("failed logins"),
    gettext_noop("locked until"),
    gettext_noop("actions"),
    gettext_noop("group"),
    gettext_noop("permission"),
    gettext_noop("user"),
    gettext_noop("tags"),
    gettext_noop("pool"),
)


def words_said(model: type[Model], plural: Any = "") -> None:
    """Has a model's columns, and where it is given its plural, speak the reader's language."""
    for field in model._meta.fields:
        if isinstance(field.verbose_name, str) and field.verbose_name == field.name.replace("_", " "):
            field.verbose_name = gettext_lazy(field.verbose_name)
    if plural:
        model._meta.verbose_name_plural = plural
