"""Passwords and keys that the program makes for itself on first use, kept in one file beside the data."""

from __future__ import annotations

import base64
import json
import secrets
from dataclasses import asdict, dataclass, field
from pathlib import Path

from config.servers.directories import private_file

FILE_NAME = "secrets.json"


def _password() -> str:
    return secrets.token_urlsafe(24)


def _jwt_keys() -> str:
    return f"{secrets.token_hex(4)}:{base64.b64encode(secrets.token_bytes(48)).decode()}"


@dataclass(frozen=True)
class Generated:
    secret_key: str = field(default_factory=lambda: secrets.token_urlsafe(48))
    jwt_keys: str = field(default_factory=_jwt_keys)
    demo_password: str = field(default_factory=lambda: f"Demo-{secrets.token_urlsafe(9)}-7")  # as the rules want it
    postgresql_superuser_password: str = field(default_factory=_password)
    postgresql_password: str = field(default_factory=_password)
    redis_password: str = field(default_factory=_password)


def generated_secrets(data_directory: Path) -> Generated:
    """The secrets of this data directory; those that are missing are made and written down, readable by us alone."""
    path = data_directory / FILE_NAME
    stored = json.loads(path.read_text(encoding="utf-8")) if path.exists() else {}
    known = {name: value for name, value in stored.items() if name in Generated.__dataclass_fields__}
    complete = Generated(**known)
    if asdict(complete) != known:
        draft = private_file(path.with_suffix(".draft"), json.dumps(asdict(complete), indent=2), account=None)
        draft.replace(path)
    return complete
