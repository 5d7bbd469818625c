"""Lists: numbered pages, long lists with a cursor, plain arrays with a window; each in the order that is asked for."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import cache
from typing import Any
from urllib.parse import urlencode

import orjson
from django.db.models import QuerySet
from django.db.models.query import ModelIterable
from drf_spectacular.utils import extend_schema_serializer
from rest_framework import serializers
from rest_framework.response import Response

from apps.common.api.cursors import cursor_of, place_of, reverse, rows_after
from apps.common.api.ordering import ordered
from apps.common.api.serializers import InputSerializer, OutputSerializer

Rows = QuerySet[Any, Any]
Asked = Callable[[Rows], Rows]
Read = Callable[[Rows], Sequence[Any]]
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
    found, numbers = _page(request, ordered(request, rows))
    return _answer(request, found, serializer, key=key, pagination=numbers)


def paginated_long(request: Any, rows: Rows, serializer: type[OutputSerializer], *, key: str) -> Response:
    """Like :func:`paginated`, or after ``cursor`` without counting; ``rows`` are ordered by one unique column."""
    written = serializer.written
    cursor, rows = request.query.get("cursor"), ordered(request, rows)
    asked, read = (written.asked, written.read) if written else (_as_they_are, list)
    if cursor is None:
        found, numbers = _page(request, rows, asked, read, unique=True)
        more = numbers["page"] < numbers["pages"]
    else:
        limit = request.query["limit"]
        place = place_of(rows, cursor)
        quick = written.after(rows, place, limit + 1) if written else None
        found = list(read(asked(rows_after(rows, place))[: limit + 1])) if quick is None else quick
        more, found = len(found) > limit, found[:limit]
        numbers = {"page": None, "limit": limit, "total": None, "pages": None}
    numbers["next_cursor"] = cursor_of(rows, found[-1]) if found and more else None
    if written:
        return Response({key: [orjson.Fragment(text) for text in written.texts(found)], "pagination": numbers})
    return _answer(request, found, serializer, key=key, pagination=numbers)


def array(request: Any, rows: Rows, serializer: SerializerType) -> Response:
    """A plain array, with ``X-Total-Count`` and the neighbours in ``Link`` (RFC 8288)."""
    limit, offset, rows = request.query["limit"], request.query["offset"], ordered(request, rows)
    total = rows.count()
    found = list(_slice(rows, offset, offset + limit)) if offset < total else []
    headers = {"X-Total-Count": str(total)}
    if links := _links(request, limit=limit, offset=offset, total=total):
        headers["Link"] = links
    return Response(serializer(found, many=True, context={"request": request}).data, headers=headers)


def _as_they_are(rows: Rows) -> Rows:
    return rows


def _page(
    request: Any, rows: Rows, asked: Asked = _as_they_are, read: Read = list, *, unique: bool = False
) -> tuple[Sequence[Any], dict[str, Any]]:
    """A page and its numbers; ``unique`` says that one unique column orders the rows."""
    page, limit = request.query["page"], request.query["limit"]
    total = rows.count()
    start = (page - 1) * limit
    known = total if unique else None
    found = read(_slice(rows, start, start + limit, asked, total=known)) if start < total else []
    return found, {"page": page, "limit": limit, "total": total, "pages": -(-total // limit)}


def _slice(rows: Rows, start: int, stop: int, asked: Asked = _as_they_are, *, total: int | None = None) -> Rows:
    """Rows ``start`` to ``stop``; what is skipped is skipped by key, in the index, before anything is joined.

    Beyond the middle it is skipped from the other end, where one unique column orders the rows and ``total`` is given.
    """
    simple = issubclass(rows._iterable_class, ModelIterable) and not (rows.query.combinator or rows.query.distinct)
    if start == 0 or not simple:
        return asked(rows)[start:stop]
    if total is not None and start > total // 2:
        keys = reverse(rows).values("pk")[max(0, total - stop) : total - start]
    else:
        keys = rows.values("pk")[start:stop]
    return asked(rows.filter(pk__in=keys))


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
