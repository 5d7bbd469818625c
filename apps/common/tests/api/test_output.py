"""Output serializers write what DRF's own would, only sooner."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta, timezone
from types import SimpleNamespace
from typing import Any
from uuid import UUID

import pytest
from django.core.exceptions import ObjectDoesNotExist
from django.utils.functional import lazystr
from rest_framework import serializers

from apps.common.api import OutputSerializer, shown_by

ID = UUID("01890a5d-ac96-774b-bcce-b302099a8057")
NOON = datetime(2026, 2, 3, 12, 0, 0, 5, UTC)


class PartFields(serializers.Serializer[Any]):
    size = serializers.IntegerField()
    owner = serializers.CharField(source="owner.email", default=None)


class ThingFields(serializers.Serializer[Any]):
    id = serializers.UUIDField()
    hexadecimal = serializers.UUIDField(format="hex", source="id")
    name = serializers.CharField()
    count = serializers.IntegerField(allow_null=True)
    ratio = serializers.FloatField(required=False)
    active = serializers.BooleanField(default=True)
    at = serializers.DateTimeField()
    day = serializers.DateTimeField(source="at", format="%Y-%m-%d")
    owner = serializers.CharField(source="owner.email", default="nobody")
    robot = serializers.CharField(source="robot.name", allow_null=True)
    missing = serializers.CharField(required=False)
    called = serializers.CharField(source="describe")
    tags = serializers.ListField(child=serializers.CharField())
    facts = serializers.DictField()
    twice = serializers.SerializerMethodField()
    hidden = serializers.CharField(write_only=True, required=False)

    def get_twice(self, thing: Any) -> list[Any]:
        return [self.context["word"]] * 2


class PartOutput(PartFields, OutputSerializer):
    pass


class ThingOutput(ThingFields, OutputSerializer):
    part = PartOutput()
    itself = PartOutput(source="*")
    parts = PartOutput(many=True)


class ThingByDRF(ThingFields):
    part = PartFields()
    itself = PartFields(source="*")
    parts = PartFields(many=True)


class _Gone:
    @property
    def name(self) -> str:
        raise ObjectDoesNotExist


@dataclass
class Thing:
    id: Any = ID
    name: Any = "folha"
    count: Any = 3
    ratio: Any = 0.5
    active: Any = True
    at: Any = NOON
    owner: Any = None
    robot: Any = field(default_factory=lambda: SimpleNamespace(name="boletos"))
    tags: Any = ("a", 1)
    facts: Any = field(default_factory=lambda: {1: ID, "b": None})
    size: Any = 7
    part: Any = field(default_factory=lambda: {"size": 1, "owner": {"email": "a@acme.example"}})
    parts: Any = field(default_factory=list)

    def describe(self) -> str:
        return f"{self.name}!"


@pytest.mark.parametrize(
    "changes",
    [
        {},
        {"name": 5, "count": None},
        {"name": lazystr("lazily"), "count": "12", "active": "false"},
        {"at": NOON.astimezone(timezone(timedelta(hours=-3)))},
        {"at": NOON.replace(microsecond=0)},
        {"owner": SimpleNamespace(email="owner@acme.example")},
        {"owner": {"email": None}},
        {"robot": None},
        {"robot": _Gone()},
        {"part": {"size": 2, "owner": None}, "parts": [{"size": 3}, SimpleNamespace(size=4)]},
    ],
)
def test_it_works(changes: dict[str, Any]) -> None:
    thing, context = Thing(**changes), {"word": "again"}
    assert ThingOutput(thing, context=context).data == ThingByDRF(thing, context=context).data


def test_mappings_are_read_by_key_whatever_their_methods_are_called() -> None:
    class ItemsOutput(OutputSerializer):
        items = serializers.CharField()
        keys = serializers.IntegerField()

    assert ItemsOutput({"items": "x", "keys": 2}).data == {"items": "x", "keys": 2}


def test_a_field_that_is_not_there_is_an_error() -> None:
    with pytest.raises(AttributeError, match="size"):
        _ = PartOutput(SimpleNamespace()).data


def test_one_that_is_used_again_keeps_nothing() -> None:
    for number in range(3):
        thing, context = Thing(name=f"thing {number}", count=number), {"word": f"word {number}"}
        assert shown_by(ThingOutput, thing, **context) == ThingByDRF(thing, context=context).data
    with pytest.raises(KeyError):
        shown_by(ThingOutput, Thing())


def test_one_that_shows_itself_inside() -> None:
    class NestOutput(OutputSerializer):
        word = serializers.SerializerMethodField()
        inside = serializers.SerializerMethodField()

        def get_word(self, _depth: int) -> Any:
            return self.context["word"]

        def get_inside(self, depth: int) -> Any:
            return shown_by(NestOutput, depth - 1, word=f"inside {self.context['word']}") if depth else None

    shown = shown_by(NestOutput, 1, word="one")
    assert shown == {"word": "one", "inside": {"word": "inside one", "inside": None}}
