"""Bodies: the least that an operation takes, made from what it declares, so that only what a case changes is wrong."""

from __future__ import annotations

import json
import secrets
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import timedelta
from functools import cache
from typing import Any

from django.utils import timezone
from rest_framework import serializers

from apps.common.api.declaration import Declaration
from apps.common.api.parsers import MultiPartParser
from apps.isolation.side import Side
from apps.isolation.surface.values import NoValue, value_of

BOUNDARY = "isolation-proof"
# What no field can say of itself: values that follow rules of their own.
_MEANT: dict[str, Callable[[], Any]] = {
    "cron": lambda: "0 8 * * *",
    "timezone": lambda: "UTC",
    "role": lambda: "viewer",
    "permissions": lambda: ["robot.read"],
    "action": lambda: "robot.run",
    "resource_type": lambda: "robot",
    "version": lambda: f"9.{secrets.randbelow(10**6)}.0",
    "channel": lambda: "stable",
    "slug": lambda: f"new-{secrets.token_hex(4)}",
    "password": lambda: f"Aa1-{secrets.token_urlsafe(9)}",
    "form_schema_json": lambda: {"fields": []},
}
_KEPT = frozenset({"password", "resource_id"})
"""Fields that are not left out although they may be: who is made without a password is sent an invitation, and a grant
stands on an object."""


@dataclass(frozen=True, slots=True)
class Body:
    """A body as it goes over the wire."""

    content_type: str
    data: bytes


EMPTY = Body("application/json", b"")


def least(declaration: Declaration, side: Side) -> dict[str, Any]:
    """Values for what the body must have, of this organization. Raises ``NoValue``."""
    if declaration.request is None:
        return {}
    fields = _fields(declaration)
    return {name: _field_value(field, name, side) for name, field in fields.items() if field.required or name in _KEPT}


def needed(declaration: Declaration, side: Side) -> dict[str, Any]:
    """The parameters that a query must have. Raises ``NoValue``."""
    fields = _fields_of(declaration.query) if declaration.query is not None else {}
    return {name: _field_value(field, name, side) for name, field in fields.items() if field.required}


def references(declaration: Declaration, side: Side) -> dict[str, str]:
    """Fields of the body that name an object, with one of this organization."""
    found = {}
    for name, field in _fields(declaration).items():
        if isinstance(field, serializers.UUIDField) or name.endswith("_id"):
            try:
                found[name] = value_of(side, name)
            except NoValue:
                continue
    return found


def _people() -> bytes:
    """A table of one person whom nobody knows yet."""
    return f"email,name,role\nnew-{secrets.token_hex(6)}@isolation.example,New,viewer\n".encode()


def written(declaration: Declaration, values: Mapping[str, Any]) -> Body:
    """The values in the form that the operation reads."""
    if MultiPartParser in declaration.parsers:
        return Body(f"multipart/form-data; boundary={BOUNDARY}", _multipart(values))
    if declaration.request is None:
        return EMPTY
    return Body("application/json", json.dumps(values).encode())


def _fields(declaration: Declaration) -> dict[str, Any]:
    return _fields_of(declaration.request) if declaration.request is not None else {}


@cache
def _fields_of(serializer: Callable[[], Any]) -> dict[str, Any]:
    """Read once: there are more cases than serializers, by far."""
    return dict(serializer().fields)


def _field_value(field: Any, name: str, side: Side) -> Any:
    if name in _MEANT:
        return _MEANT[name]()
    if name == "file":
        return _people()
    if isinstance(field, serializers.UUIDField) or name.endswith("_id"):
        return value_of(side, name)
    if isinstance(field, serializers.Serializer):
        return {inner: _field_value(f, inner, side) for inner, f in field.fields.items() if f.required}
    if isinstance(field, serializers.ChoiceField):
        return next(iter(field.choices))
    if isinstance(field, serializers.ListSerializer | serializers.ListField):
        return [_field_value(field.child, name, side)] if not field.allow_empty else []
    return _plain_value(field)


def _plain_value(field: Any) -> Any:
    if isinstance(field, serializers.EmailField):
        return f"new-{secrets.token_hex(6)}@isolation.example"
    if isinstance(field, serializers.DateTimeField):
        return (timezone.now() + timedelta(days=1)).isoformat()
    if isinstance(field, serializers.BooleanField):
        return False
    if isinstance(field, serializers.IntegerField | serializers.FloatField | serializers.DecimalField):
        return field.min_value if field.min_value is not None else 1
    if isinstance(field, serializers.DictField | serializers.JSONField):
        return {}
    if isinstance(field, serializers.FileField):
        return b"print('new')\n"
    return f"New {secrets.token_hex(6)}"


def _multipart(values: Mapping[str, Any]) -> bytes:
    parts = []
    for name, value in values.items():
        file = '; filename="main.py"' if isinstance(value, bytes) else ""
        text = value if isinstance(value, bytes) else str(value).encode()
        head = f'--{BOUNDARY}\r\nContent-Disposition: form-data; name="{name}"{file}\r\n\r\n'
        parts.append(head.encode() + text + b"\r\n")
    return b"".join([*parts, f"--{BOUNDARY}--\r\n".encode()])
