"""
Writes what lists the variables of :mod:`config.env`, so that it cannot disagree with it: `make env`.

These are `.env.example`, the table in README.md, and what docker-compose.yml hands on to the processes.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
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
# Port of nginx that is reached there: 8080, or 8443 where deploy/nginx/tls has a certificate, with HTTP_PORT=443
# PROXY_PORT=8080

# --- the bucket of STORAGE_URL, where the machine has no role of its own; the endpoint for what is not Amazon's
# AWS_ACCESS_KEY_ID=
# AWS_SECRET_ACCESS_KEY=
# AWS_DEFAULT_REGION=
# AWS_ENDPOINT_URL_S3=
"""
HOW_TO_MAKE = {
    "secret_key": "openssl rand -base64 48",
    "jwt_keys": "echo first:$(openssl rand -base64 48)",
    "metrics_token": "openssl rand -hex 24",
}
SET_BY_COMPOSE = {"database_url", "redis_url"}
SECTION = re.compile(r"    # --- (.+)")
VARIABLE = re.compile(r"    (\w+): ")
CHOSEN_BY_COMMAND = {"host", "port"}
HANDED_ON = re.compile(r"(    # Written by `make env`[^\n]*\n).*?(    # End of what)", re.DOTALL)
TABLE = re.compile(r"(<!-- configuration -->\n).*?(<!-- end of configuration -->)", re.DOTALL)


def env_example() -> str:
    """The file's text: sections and order as in the source, what has a default commented out."""
    lines = [HEADER]
    for name, field in _sections_and_variables():
        lines.append(_entry(name, field) if field else f"# --- {name}")
    return "\n".join(lines)


def with_table(readme: str) -> str:
    """The text with its table of variables made new."""
    rows = ["| variable | default | meaning |", "|---|---|---|"]
    for name, field in _sections_and_variables():
        if field:
            default = "" if field.is_required() else _shown(field.default)
            meaning = (field.description or "").replace("|", "\\|").replace("<", "&lt;")
            rows.append(f"| `{name.upper()}` | {f'`{default}`' if default else ''} | {meaning} |")
    table = "\n".join(rows)
    return TABLE.sub(lambda found: f"{found[1]}{table}\n{found[2]}", readme)


def with_variables(compose: str) -> str:
    """The compose file with the variables that it hands on; it has values of its own for some."""
    before = compose.partition("# Written by `make env`")[0]
    names = [name.upper() for name, field in _sections_and_variables() if field and name not in CHOSEN_BY_COMMAND]
    lines = "".join(f"    {name}:\n" for name in names if f"    {name}: " not in before)
    return HANDED_ON.sub(lambda found: f"{found[1]}{lines}{found[2]}", compose)


def _sections_and_variables() -> Iterator[tuple[str, FieldInfo | None]]:
    """As they stand in the source; a section has no field."""
    for line in Path(env.__file__).read_text(encoding="utf-8").splitlines():
        if section := SECTION.match(line):
            yield section[1], None
        elif (variable := VARIABLE.match(line)) and variable[1] in env.Environment.model_fields:
            yield variable[1], env.Environment.model_fields[variable[1]]


def _entry(name: str, field: FieldInfo) -> str:
    meaning = (field.description or "") + (" docker-compose sets it." if name in SET_BY_COMPOSE else "")
    parts = wrap(meaning, 116, break_on_hyphens=False, break_long_words=False)
    if command := HOW_TO_MAKE.get(name):
        parts.append(f"Make one: {command}")
    comment = "\n".join(f"# {part}" for part in parts)
    value = "" if field.is_required() else _shown(field.default)
    return f"{comment}\n{'' if name in HOW_TO_MAKE else '# '}{name.upper()}={value}\n"


def _shown(default: Any) -> str:
    if isinstance(default, Path):
        return str(default.relative_to(env.BASE_DIR))
    if isinstance(default, tuple):
        return ",".join(default)
    return str(default).lower() if isinstance(default, bool) else str(default)


WRITTEN: dict[str, Callable[[str], str]] = {
    ".env.example": lambda _: env_example(),
    "README.md": with_table,
    "docker-compose.yml": with_variables,
}


def main() -> None:
    for name, renewed in WRITTEN.items():
        path = env.BASE_DIR / name
        path.write_text(renewed(path.read_text(encoding="utf-8")), encoding="utf-8")


if __name__ == "__main__":
    main()
