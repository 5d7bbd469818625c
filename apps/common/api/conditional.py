"""Answers that show one object: with its entity tag, and 304 for who has it already."""

from __future__ import annotations

from typing import Any

from django.db.models import Model
from rest_framework.response import Response
from rest_framework.serializers import Serializer

from apps.common.api.renderers import to_json
from apps.common.etags import entity_tag, matches

_READING = {"GET", "HEAD"}


def single(request: Any, instance: Model, serializer: type[Serializer[Any]], *, status: int = 200) -> Response:
    """One object and its ``ETag``; 304 without a body where ``If-None-Match`` names it.

    Costs no query. For answers to GET, and to POST, PUT and PATCH, whose clients may write again without reading.
    """
    data = serializer(instance, context={"request": request}).data
    tag = entity_tag(instance, to_json(data))
    seen = request.headers.get("If-None-Match")
    if seen is not None and request.method in _READING and matches(tag, seen):
        return Response(status=304, headers={"ETag": tag})
    return Response(data, status=status, headers={"ETag": tag})
