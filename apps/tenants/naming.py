"""Names of schemas and of PostgreSQL roles. Opaque on purpose: a slug may change, a schema's name never does."""

from __future__ import annotations

import re
import uuid
from hashlib import blake2s

PUBLIC = "public"
PLATFORM = "platform"
SCHEMA_NAME = re.compile(r"(?:public|platform|template|t_[0-9a-f]{12})\Z")


def new_schema_name() -> str:
    """A schema name never used before: ``t_`` and 12 hexadecimal digits."""
    return f"t_{uuid.uuid4().hex[:12]}"


def role_name(database: str, schema: str) -> str:
    """The NOLOGIN role of a schema; roles belong to the whole server, so the database's name is part of it."""
    name = f"{database}_{schema}"
    return name if len(name) <= 63 else f"{blake2s(database.encode(), digest_size=8).hexdigest()}_{schema}"
