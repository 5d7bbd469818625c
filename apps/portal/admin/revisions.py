"""What a service was like when it was saved, in the words of its form."""

from __future__ import annotations

from typing import Any

from django.utils.text import capfirst

from apps.portal.models import Domain, Service, ServiceRevision
from apps.robots.models import Robot, RobotVersion

ROWS = {"domain_id": Domain, "robot_id": Robot, "default_version_id": RobotVersion}


def content_in_words(revision: ServiceRevision) -> dict[str, Any]:
    """Its content under the labels of the form and in its order, other rows by their names."""
    kept = revision.content
    columns = [column for column in Service._meta.concrete_fields if column.attname in kept]
    return {str(capfirst(column.verbose_name)): _told(column.attname, kept[column.attname]) for column in columns}


def _told(name: str, value: Any) -> Any:
    if name == "form_schema_json" and "fields" in value:
        return {
            field["key"]: {word: said for word, said in field.items() if word != "key"} for field in value["fields"]
        }
    if name not in ROWS or value is None:
        return value
    row = ROWS[name]._default_manager.filter(pk=value).first()
    return value if row is None else str(row)
