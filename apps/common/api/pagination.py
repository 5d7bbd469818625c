"""Lists: numbered pages, long lists with a cursor, plain arrays with a window; each in the order that is asked for."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache
from typing import Any
from urllib.parse import urlencode

import orjson
from django.db.models import QuerySet
from django.db.models.query import ModelIterable
from drf_spectacular.utils import extend_schema_serializer
from rest_framework import serializers
from rest_framework.response import Response

from apps.common.api.cursors import cursor_of, place_before, place_of, rows_after
from apps.common.api.ordering import ordered
from apps.common.api.serializers import InputSerializer, OutputSerializer, Written

Rows = QuerySet[Any, Any]
SerializerType = type[serializers.Serializer[Any]]


class PageQuery(InputSerializer):
    """``page`` from 1, ``limit`` 1-100; filter serializers inherit it."""

    page = serializers.IntegerField(min_value=1, max_value=10_000_000, default=1)
    limit = serializers.IntegerField(min_value=1, max_value=100, default=10)


class CursorQuery(PageQuery):
    """For lists that grow without end: pages, or ``cursor`` as an answer's ``next_cursor`` gave it."""

    cursor = serializers.CharField(required=False, max_length=200, help_text="Continue there; `page` is then ignored.")


class WindowQuery(InputSerializer):
    """``limit`` 1-100 and ``offset``, for lists that are plain arrays."""

    limit = serializers.IntegerField(min_value=1, max_value=100, default=50)
    offset = serializers.IntegerField(min_value=0, max_value=1_000_000_000, default=0)


class Pagination(serializers.Serializer[Any]):
    page = serializers.IntegerField()
    limit = serializers.IntegerField()
    total = serializers.IntegerField()
    pages = serializers.IntegerField()


class LongPagination(serializers.Serializer[Any]):
    """With a cursor nothing is counted, so that the thousandth page costs what the first one costs."""

    page = serializers.IntegerField(allow_null=True)
    limit = serializers.IntegerField()
    total = serializers.IntegerField(allow_null=True)
    pages = serializers.IntegerField(allow_null=True)
    next_cursor = serializers.CharField(allow_null=True)


def paginated(request: Any, rows: Rows, serializer: SerializerType, *, key: str) -> Response:
    """One page of ``rows``: one query to count, one to read; ``pages`` is 0 when there is nothing."""
    page, limit, rows = request.query["page"], request.query["limit"], ordered(request, rows)
    total = rows.count()
    start = (page - 1) * limit
    found = list(_slice(rows, start, start + limit)) if start < total else []
    numbers = {"page": page, "limit": limit, "total": total, "pages": -(-total // limit)}
    return _answer(request, found, serializer, key=key, pagination=numbers)


def paginated_long(request: Any, rows: Rows, serializer: type[OutputSerializer], *, key: str) -> Response:
    """Like :func:`paginated`, or after ``cursor`` without counting; ``rows`` are ordered by one unique column.

    A numbered page but the first is what follows the last row before it: one query more, which reads only that column.
    """
    written, limit, rows = serializer.written, request.query["limit"], ordered(request, rows)
    cursor = request.query.get("cursor")
    if cursor is None:
        page, total = request.query["page"], rows.count()
        start, pages = (page - 1) * limit, -(-total // limit)
        place = place_before(rows, start, total) if 0 < start < total else None
        empty = total == 0 or (start > 0 and place is None)
        found = [] if empty else _following(rows, place, limit, written)
        more, numbers = page < pages, {"page": page, "limit": limit, "total": total, "pages": pages}
    else:
        found = _following(rows, place_of(rows, cursor), limit + 1, written)
        more, found = len(found) > limit, found[:limit]
        numbers = {"page": None, "limit": limit, "total": None, "pages": None}
    numbers["next_cursor"] = cursor_of(rows, found[-1]) if found and more else None
    if written:
        return Response({key: [orjson.Fragment(text) for text in written.texts(found)], "pagination": numbers})
    return _answer(request, found, serializer, key=key, pagination=numbers)


def _following(rows: Rows, place: Any, number: int, written: Written | None) -> Sequence[Any]:
    """The first of ``rows``, or of those after a place."""
    if place is not None:
        quick = written.after(rows, place, number) if written else None
        if quick is not None:
            return quick
        rows = rows_after(rows, place)
    return written.read(written.asked(rows)[:number]) if written else list(rows[:number])


def array(request: Any, rows: Rows, serializer: SerializerType) -> Response:
    """A plain array, with ``X-Total-Count`` and the neighbours in ``Link`` (RFC 8288)."""
    limit, offset, rows = request.query["limit"], request.query["offset"], ordered(request, rows)
    total = rows.count()
    found = list(_slice(rows, offset, offset + limit)) if offset < total else []
    headers = {"X-Total-Count": str(total)}
    if links := _links(request, limit=limit, offset=offset, total=total):
        headers["Link"] = links
    return Response(serializer(found, many=True, context={"request": request}).data, headers=headers)


def _slice(rows: Rows, start: int, stop: int) -> Rows:
    """Rows ``start`` to ``stop``; what is skipped is skipped by key, in the index, before anything is joined."""
    simple = issubclass(rows._iterable_class, ModelIterable) and not (rows.query.combinator or rows.query.distinct)
    if start == 0 or not simple:
        return rows[start:stop]
    return rows.filter(pk__in=rows.values("pk")[start:stop])


def _answer(
    request: Any, found: Sequence[Any], serializer: SerializerType, *, key: str, pagination: dict[str, Any]
) -> Response:
    return Response({key: serializer(found, many=True, context={"request": request}).data, "pagination": pagination})


def _links(request: Any, *, limit: int, offset: int, total: int) -> str:
    last = max(0, (total - 1) // limit * limit)
    offsets = {"first": 0, "prev": offset - limit, "next": offset + limit, "last": last}
    kept = {name: value for name, value in request.query_params.items() if name not in ("limit", "offset")}
    here = request.build_absolute_uri(request.path)
    return ", ".join(
        f'<{here}?{urlencode(kept | {"limit": limit, "offset": value})}>; rel="{rel}"'
        for rel, value in offsets.items()
        if total and 0 <= value <= last
    )


@cache
def page_of(serializer: SerializerType, key: str, *, long: bool = False) -> SerializerType:
    """The serializer class of such an answer, for the OpenAPI document; ``long`` for :func:`paginated_long`."""
    fields = {key: serializer(many=True), "pagination": LongPagination() if long else Pagination()}
    name = serializer.__name__.removesuffix("Output") + ("LongPage" if long else "Page")
    return extend_schema_serializer(many=False)(type(name, (serializers.Serializer,), fields))
