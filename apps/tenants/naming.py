"""Names of schemas and of PostgreSQL roles. Opaque on purpose: a slug may change, a schema's name never does."""

from __future__ import annotations

import re
import uuid
from hashlib import blake2s

PUBLIC = "public"
PLATFORM = "platform"
MEMBERS = "members"
_OPAQUE = r"t_[0-9a-f]{12}"
SCHEMA_NAME = re.compile(rf"(?:{PUBLIC}|{PLATFORM}|{_OPAQUE})\Z")
ROLE_SUFFIXES = f"(?:{PUBLIC}|{PLATFORM}|{MEMBERS}|{_OPAQUE})"
_LONGEST = 63  # PostgreSQL cuts longer names


def new_schema_name() -> str:
    """A schema name never used before: ``t_`` and 12 hexadecimal digits."""
    return f"t_{uuid.uuid4().hex[:12]}"


def role_prefix(database: str) -> str:
    """What the names of a database's roles begin with; roles belong to the whole server."""
    prefix = f"{database}_"
    return prefix if len(prefix) + len(new_schema_name()) <= _LONGEST else f"{_digest(database)}_"


def role_name(database: str, schema: str) -> str:
    """The NOLOGIN role of a schema."""
    return role_prefix(database) + schema


def _digest(database: str) -> str:
    return blake2s(database.encode(), digest_size=8).hexdigest()
