"""Entity tags: which state of an object somebody has seen.

A tag is ``"<state>.<representation>"``. The first half digests the columns of the object's row, so that a service can
compute it again under a row lock, from nothing but the row; the second digests the answer, which may also show other
rows. ``If-Match`` compares the first half, ``If-None-Match`` the whole.
"""

from __future__ import annotations

import base64
import json
from collections.abc import Collection
from datetime import UTC, datetime
from hashlib import blake2s
from typing import Any

import orjson
from django.db import connection
from django.db.models import Field, Model
from django.utils.http import parse_etags

from apps.common.errors import PreconditionFailed

_BYTES = 12


class OutsideTransactionError(RuntimeError):
    """A precondition was checked where the row can change between the check and the write."""


def digest(data: bytes) -> str:
    """96 bits of a digest, in characters that may stand in an entity tag."""
    return base64.urlsafe_b64encode(blake2s(data, digest_size=_BYTES).digest()).decode().rstrip("=")


def _plain(field: Field[Any, Any], instance: Model) -> object:
    value = getattr(instance, field.attname)
    if not field.is_relation:
        value = field.to_python(value)
    return value.astimezone(UTC) if isinstance(value, datetime) and value.tzinfo else value


def state_tag(instance: Model) -> str:
    """Digest of the object's own columns; a model may leave some out with ``etag_ignores = {"last_used_at"}``."""
    ignored: Collection[str] = getattr(type(instance), "etag_ignores", frozenset())
    values = [_plain(field, instance) for field in instance._meta.concrete_fields if field.name not in ignored]
    try:
        return digest(orjson.dumps(values, default=str, option=orjson.OPT_NON_STR_KEYS | orjson.OPT_SORT_KEYS))
    except TypeError:  # an integer beyond 64 bits, which the database may hold
        return digest(json.dumps(values, default=str, sort_keys=True).encode())


def entity_tag(instance: Model, representation: bytes) -> str:
    """The strong entity tag of an answer that shows ``instance``, quotes included."""
    return f'"{state_tag(instance)}.{digest(representation)}"'


def matches(tag: str, header: str) -> bool:
    """Whether an ``If-None-Match`` header names ``tag``; weak comparison, as RFC 9110 has it."""
    return any(seen == "*" or seen.removeprefix("W/") == tag for seen in parse_etags(header))


def check_match(instance: Model, if_match: str | None) -> None:
    """Raises ``PreconditionFailed`` unless the caller has seen the state that ``instance`` is in.

    Call it in the transaction of the write, on a row read with ``select_for_update()``, before anything is changed;
    then nobody can change the row between the check and the write. None (no header) and ``*`` pass. Raises
    ``OutsideTransactionError`` where there is no transaction. Weak tags count, for a proxy that compresses answers
    makes ours weak.
    """
    if if_match is None:
        return
    if not connection.in_atomic_block:
        raise OutsideTransactionError
    seen = [tag.removeprefix("W/").strip('"').partition(".")[0] for tag in parse_etags(if_match)]
    if "*" not in seen and state_tag(instance) not in seen:
        raise PreconditionFailed
