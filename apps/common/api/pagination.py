"""Pages: ``{"<resource, plural>": [...], "pagination": {page, limit, total, pages}}``."""

from __future__ import annotations

from typing import Any

from django.db.models import Model, QuerySet
from rest_framework import serializers
from rest_framework.response import Response

from apps.common.api.serializers import InputSerializer


class PageQuery(InputSerializer):
    """``page`` from 1, ``limit`` 1-100; filter serializers inherit it."""

    page = serializers.IntegerField(min_value=1, max_value=10_000_000, default=1)
    limit = serializers.IntegerField(min_value=1, max_value=100, default=10)


class Pagination(serializers.Serializer[Any]):
    page = serializers.IntegerField()
    limit = serializers.IntegerField()
    total = serializers.IntegerField()
    pages = serializers.IntegerField()


def paginated(request: Any, rows: QuerySet[Any, Any], serializer: type[serializers.Serializer[Any]], *, key: str) -> Response:
    """One page of ``rows``: one query to count, one to read; ``pages`` is 0 when there is nothing."""
    page, limit = request.query["page"], request.query["limit"]
    total = rows.count()
    found: list[Model] = list(rows[(page - 1) * limit : page * limit]) if (page - 1) * limit < total else []
    return Response(
        {
            key: serializer(found, many=True, context={"request": request}).data,
            "pagination": {"page": page, "limit": limit, "total": total, "pages": -(-total // limit)},
        }
    )


def page_of(serializer: type[serializers.Serializer[Any]], key: str) -> type[serializers.Serializer[Any]]:
    """The serializer class of such an answer, for the OpenAPI document."""
    name = f"{serializer.__name__.removesuffix('Output')}Page"
    return type(name, (serializers.Serializer,), {key: serializer(many=True), "pagination": Pagination()})
