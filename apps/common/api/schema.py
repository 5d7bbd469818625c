"""OpenAPI: adds each route's errors, with their ``error_code``, to drf-spectacular's document."""

from __future__ import annotations

from drf_spectacular.openapi import AutoSchema


class OperationSchema(AutoSchema):
    """Reads ``@operation``."""
