"""Django's cache of content types, apart for each schema, so that no switch of tenant has to flush it."""

from __future__ import annotations

from typing import Any

from django.contrib.contenttypes.models import ContentType

from apps.tenants.origin import schema_here

_SCHEMAS = 256  # some 100 kB each


class CachePerSchema(dict[Any, Any]):
    """``ContentTypeManager`` keys its cache by database alias; here the current schema is the key.

    It holds the schemas that filled theirs last; when it is full, the oldest one goes.
    """

    def __getitem__(self, using: Any) -> Any:
        return super().__getitem__(schema_here())

    def setdefault(self, using: Any, default: Any = None) -> Any:
        if len(self) >= _SCHEMAS and schema_here() not in self:
            self.pop(next(iter(self)), None)
        return super().setdefault(schema_here(), default)


def separate_content_types() -> None:
    """Gives the manager of content types its cache per schema."""
    manager: Any = ContentType.objects
    manager._cache = CachePerSchema()
