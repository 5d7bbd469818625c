"""Identifiers: UUID version 7 (RFC 9562), so that primary keys grow with time and index well."""

from __future__ import annotations

import uuid
from datetime import datetime

import uuid_utils.compat

_RANDOM_BITS = 80


def uuid7() -> uuid.UUID:
    """A new time-ordered UUID."""
    return uuid_utils.compat.uuid7()


def uuid7_floor(moment: datetime) -> uuid.UUID:
    """The lowest value among ids made at a moment or later: lets an index on the key answer "since when"."""
    return uuid.UUID(int=int(moment.timestamp() * 1000) << _RANDOM_BITS)
