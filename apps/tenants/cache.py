"""Keys of Django's cache carry the schema, so that no library's entry reaches another organization."""

from __future__ import annotations

from apps.tenants.context import current_schema


def schema_key(key: str, key_prefix: str, version: int) -> str:
    """Django's KEY_FUNCTION: ``<schema>:<prefix>:<version>:<key>``."""
    return f"{current_schema()}:{key_prefix}:{version}:{key}"
