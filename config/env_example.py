"""Writes `.env.example` from :mod:`config.env`, so that the two cannot disagree: `make env`."""

from __future__ import annotations

import re
import sys
from pathlib import Path
from textwrap import wrap
from typing import Any

from pydantic.fields import FieldInfo

from config import env

HEADER = """\
# Every variable the product reads, with its default and meaning. Written by `make env` from config/env.py.
#
# `make run` and `make test` need none of them. For docker-compose: copy this file to .env and fill in what is empty.
# Every variable may also be given as NAME_FILE, the path of a file that holds the value.

# --- docker-compose: passwords of the servers it starts, letters and digits only: openssl rand -hex 24
POSTGRES_PASSWORD=
DATABASE_PASSWORD=
REDIS_PASSWORD=
# Port on which nginx is reached
# HTTP_PORT=80
"""
HOW_TO_MAKE = {
    "secret_key": "openssl rand -base64 48",
    "jwt_keys": "echo first:$(openssl rand -base64 48)",
    "metrics_token": "openssl rand -hex 24",
}
FILLED_IN = {"secret_key", "jwt_keys", "metrics_token"}
SET_BY_COMPOSE = {"database_url", "redis_url"}
SECTION = re.compile(r"    # (--- .+)")
VARIABLE = re.compile(r"    (\w+): ")


def env_example() -> str:
    """The file's text: sections and order as in the source, what has a default commented out."""
    lines = [HEADER]
    for line in Path(env.__file__).read_text(encoding="utf-8").splitlines():
        if section := SECTION.match(line):
            lines.append(f"# {section[1]}")
        elif (variable := VARIABLE.match(line)) and variable[1] in env.Environment.model_fields:
            lines.append(_entry(variable[1], env.Environment.model_fields[variable[1]]))
    return "\n".join(lines)


def _entry(name: str, field: FieldInfo) -> str:
    meaning = (field.description or "") + (" docker-compose sets it." if name in SET_BY_COMPOSE else "")
    parts = wrap(meaning, 116, break_on_hyphens=False, break_long_words=False)
    if command := HOW_TO_MAKE.get(name):
        parts.append(f"Make one: {command}")
    comment = "\n".join(f"# {part}" for part in parts)
    empty = name in FILLED_IN
    value = "" if field.is_required() else _shown(field.default)
    return f"{comment}\n{'' if empty else '# '}{name.upper()}={value}\n"


def _shown(default: Any) -> str:
    if isinstance(default, Path):
        return str(default.relative_to(env.BASE_DIR))
    if isinstance(default, tuple):
        return ",".join(default)
    return str(default).lower() if isinstance(default, bool) else str(default)


if __name__ == "__main__":
    sys.stdout.write(env_example())
