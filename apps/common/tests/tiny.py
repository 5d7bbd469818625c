"""A small API with one operation of each kind, for the kernel's tests; its rows are Django's groups."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import date
from typing import Any

from django.contrib.auth.models import Group
from django.db import transaction
from django.db.models import F
from django.http import HttpResponse
from rest_framework import serializers
from rest_framework.response import Response

from apps.common.api import (
    ApiViewSet,
    CursorQuery,
    Deprecation,
    DirectionField,
    InputSerializer,
    MultiPartParser,
    OrderingField,
    OutputSerializer,
    PageQuery,
    Right,
    SearchField,
    WindowQuery,
    array,
    operation,
    page_of,
    paginated,
    paginated_long,
    single,
)
from apps.common.errors import Conflict, NotFound
from apps.common.etags import check_match
from apps.common.ids import uuid7


class TinyRefused(Conflict):
    code = "tiny_refused"


class TinyNotFound(NotFound):
    code = "tiny_not_found"


class PartInput(InputSerializer):
    size = serializers.IntegerField()


class TinyInput(InputSerializer):
    name = serializers.CharField(max_length=150)
    count = serializers.IntegerField(required=False, min_value=0)
    ratio = serializers.FloatField(required=False)
    active = serializers.BooleanField(default=True)
    kind = serializers.ChoiceField(choices=["a", "b"], required=False)
    owner_id = serializers.UUIDField(required=False)
    due = serializers.DateTimeField(required=False)
    tags = serializers.ListField(child=serializers.CharField(), required=False)
    parameters = serializers.DictField(required=False)
    part = PartInput(required=False)
    parts = PartInput(many=True, required=False)


class TinyFilter(PageQuery):
    search = SearchField()
    flag = serializers.BooleanField(required=False)
    kind = serializers.MultipleChoiceField(choices=["a", "b"], required=False)


class TinyListQuery(TinyFilter):
    ordering = OrderingField({"id": "id", "name": "name", "role": F("role__name")}, default="id")


class TinyLongQuery(CursorQuery):
    ordering = DirectionField("id")


class NameInput(InputSerializer):
    name = serializers.CharField(max_length=80)


class UploadInput(InputSerializer):
    version = serializers.CharField()
    activate = serializers.BooleanField(default=True)
    artifact = serializers.FileField()


class TinyOutput(OutputSerializer):
    id = serializers.IntegerField()
    name = serializers.CharField()


class EchoOutput(OutputSerializer):
    received = serializers.JSONField()


def group_rename(*, group_id: int, name: str, if_match: str | None) -> Group:
    """A service as apps write them: lock, check, write."""
    with transaction.atomic():
        group = Group.objects.select_for_update().filter(pk=group_id).first()
        if group is None:
            raise TinyNotFound
        check_match(group, if_match)
        group.name = name
        group.save(update_fields=["name"])
    return group


def _plain(values: dict[str, Any]) -> dict[str, Any]:
    return {name: sorted(value) if isinstance(value, set) else value for name, value in values.items()}


class TinyViewSet(ApiViewSet):
    @operation(summary="List", right=Right.AUTHENTICATED, query=TinyListQuery, response=page_of(TinyOutput, "tinies"))
    def list(self, request: Any) -> Response:
        return paginated(request, Group.objects.order_by("id"), TinyOutput, key="tinies")

    @operation(
        summary="Long list",
        right=Right.AUTHENTICATED,
        query=TinyLongQuery,
        response=page_of(TinyOutput, "tinies", long=True),
    )
    def long(self, request: Any) -> Response:
        return paginated_long(request, Group.objects.order_by("-id"), TinyOutput, key="tinies")

    @operation(summary="Array", right=Right.AUTHENTICATED, query=WindowQuery, response=TinyOutput(many=True))
    def array(self, request: Any) -> Response:
        return array(request, Group.objects.order_by("id"), TinyOutput)

    @operation(
        summary="Create",
        right="robot.publish",
        request=TinyInput,
        response=TinyOutput,
        status=201,
        idempotent=True,
    )
    def create(self, request: Any) -> Response:
        return single(request, Group.objects.create(name=request.payload["name"]), TinyOutput, status=201)

    @operation(summary="Get", right=Right.AUTHENTICATED, response=TinyOutput, errors=[TinyNotFound], tagged=True)
    def retrieve(self, request: Any, group_id: int) -> Response:
        group = Group.objects.filter(pk=group_id).first()
        if group is None:
            raise TinyNotFound
        return single(request, group, TinyOutput)

    @operation(
        summary="Rename",
        right="robot.publish",
        request=TinyInput,
        response=TinyOutput,
        errors=[TinyNotFound],
        conditional=True,
    )
    def update(self, request: Any, group_id: int) -> Response:
        name = request.payload["name"]
        group = group_rename(group_id=group_id, name=name, if_match=request.if_match)
        return single(request, group, TinyOutput)

    @operation(summary="Delete", right="robot.publish", status=204)
    def destroy(self, request: Any, group_id: int) -> Response:
        Group.objects.filter(pk=group_id).delete()
        return Response(status=204)


@contextmanager
def upload_prepared(request: Any) -> Iterator[str]:
    """What takes long, ahead of the transaction."""
    PREPARATIONS.append("prepared")
    WHILE_PREPARING[0]()
    try:
        yield request.payload["artifact"].read().decode()
    except BaseException:
        PREPARATIONS.append("undone")
        raise


class EchoViewSet(ApiViewSet):
    @operation(summary="Echo", right=Right.PUBLIC, request=TinyInput, response=EchoOutput)
    def create(self, request: Any) -> Response:
        return Response({"received": request.payload})

    @operation(summary="Echo a query", right=Right.PUBLIC, query=TinyFilter, response=EchoOutput)
    def list(self, request: Any) -> Response:
        return Response({"received": _plain(request.query)})

    @operation(
        summary="Upload", right=Right.PUBLIC, request=UploadInput, response=EchoOutput, parsers=[MultiPartParser]
    )
    def upload(self, request: Any) -> Response:
        payload = request.payload
        received = {"activate": payload["activate"], "version": payload["version"], "size": payload["artifact"].size}
        return Response({"received": received})

    @operation(
        summary="Once",
        right=Right.PUBLIC,
        request=NameInput,
        response=TinyOutput,
        status=201,
        idempotent=True,
        errors=[TinyRefused],
    )
    def once(self, request: Any) -> Response:
        group = Group.objects.create(name=f"{request.payload['name']} {uuid7()}")
        BEFORE_ANSWERING[0]()
        return single(request, group, TinyOutput, status=201)

    @operation(
        summary="Upload once",
        right=Right.PUBLIC,
        request=UploadInput,
        response=EchoOutput,
        status=202,
        parsers=[MultiPartParser],
        idempotent=True,
        prepare=upload_prepared,
    )
    def upload_once(self, request: Any) -> Response:
        BEFORE_ANSWERING[0]()
        return Response({"received": [request.prepared, str(uuid7())]}, status=202)

    @operation(summary="Groups by name", right=Right.PUBLIC, query=NameInput, response=EchoOutput)
    def named(self, request: Any) -> Response:
        groups = Group.objects.filter(name__startswith=request.query["name"])
        return Response({"received": list(groups.values_list("id", flat=True))})

    @operation(summary="Act without a body", right=Right.PUBLIC, status=202)
    def act(self, request: Any) -> Response:
        return Response(status=202)

    @operation(
        summary="Old text",
        right=Right.PUBLIC,
        produces=["text/plain"],
        deprecated=Deprecation(since=date(2026, 1, 1), sunset=date(2026, 2, 1), instead="GET /api/v1/echo/text"),
    )
    def old_text(self, request: Any) -> HttpResponse:
        return HttpResponse("plain", content_type="text/plain")

    @operation(summary="Text", right=Right.PUBLIC, produces=["text/plain"])
    def text(self, request: Any) -> HttpResponse:
        return HttpResponse("plain", content_type="text/plain")

    @operation(summary="Break", right=Right.PUBLIC)
    def fail(self, request: Any, how: str) -> Response:
        raise FAILURES[how]

    def undeclared(self, request: Any) -> Response:
        return Response({})


BEFORE_ANSWERING: list[Callable[[], None]] = [lambda: None]
"""What ``once`` and ``upload_once`` do between their effect and their answer."""
WHILE_PREPARING: list[Callable[[], None]] = [lambda: None]
"""What ``upload_once`` does ahead of its transaction."""
PREPARATIONS: list[str] = []
"""What became of preparations."""
FAILURES: dict[str, Exception] = {}
