"""Identifiers: UUID version 7 (RFC 9562), so that primary keys grow with time and index well."""

from __future__ import annotations

import uuid

import uuid_utils.compat


def uuid7() -> uuid.UUID:
    """A new time-ordered UUID."""
    return uuid_utils.compat.uuid7()
