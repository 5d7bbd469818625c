"""What a Python robot says it needs: a PEP 723 block in its script, or a requirements.txt beside it."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

from django.utils.translation import gettext as _
from packaging.specifiers import InvalidSpecifier, SpecifierSet

from apps.robots.errors import InvalidDependencies
from apps.robots.packages.requirements import read_requirements

REQUIREMENTS = "requirements.txt"
_START = re.compile(r"# /// ([a-zA-Z0-9-]+)")
_END = "# ///"


@dataclass(frozen=True, slots=True)
class Dependencies:
    """Requirement lines in a fixed order, and the Python they ask for ("" when any will do)."""

    requirements: tuple[str, ...] = ()
    requires_python: str = ""
    origin: str = ""

    def __bool__(self) -> bool:
        return bool(self.requirements or self.requires_python)


def dependencies_of(read: Callable[[str], bytes | None], *, entrypoint_path: str) -> Dependencies | None:
    """What the package asks for, or None. A block in the entrypoint wins over a requirements.txt at the root.

    ``read`` gives the content of a file or None. Raises InvalidDependencies when what is written cannot be read.
    """
    if entrypoint_path.endswith(".py"):
        found = script_dependencies(_decode(read(entrypoint_path) or b""), origin=entrypoint_path)
        if found is not None:
            return found
    listed = read(REQUIREMENTS)
    if listed is None:
        return None
    return Dependencies(read_requirements(_decode(listed).splitlines()), origin=REQUIREMENTS)


def script_dependencies(source: str, *, origin: str = "main.py") -> Dependencies | None:
    """The `script` block of a source text; None without one."""
    blocks = [content for kind, content in _blocks(source.splitlines()) if kind == "script"]
    if not blocks:
        return None
    if len(blocks) > 1:
        raise InvalidDependencies(_("%(path)s has more than one script block.") % {"path": origin})
    try:
        table = tomllib.loads("\n".join(line[2:] for line in blocks[0]))
    except tomllib.TOMLDecodeError as error:
        detail = _("The script block of %(path)s is not valid TOML: %(error)s")
        raise InvalidDependencies(detail % {"path": origin, "error": error}) from error
    return Dependencies(read_requirements(_strings(table, origin)), _requires_python(table, origin), origin)


def _strings(table: dict[str, Any], origin: str) -> list[str]:
    found = table.get("dependencies", [])
    if not isinstance(found, list) or not all(isinstance(item, str) for item in found):
        raise InvalidDependencies(_("dependencies in %(path)s must be a list of strings.") % {"path": origin})
    return found


def _requires_python(table: dict[str, Any], origin: str) -> str:
    found = table.get("requires-python", "")
    try:
        return str(SpecifierSet(found))
    except (InvalidSpecifier, AttributeError, TypeError) as error:
        detail = _("requires-python in %(path)s is not a version specifier.") % {"path": origin}
        raise InvalidDependencies(detail) from error


def _blocks(lines: list[str]) -> Iterator[tuple[str, list[str]]]:
    """Type and content of each block: what the specification's expression matches, in linear time.

    A block ends at the last end line of an unbroken run of comment lines, and has content.
    """
    at = 0
    while at < len(lines):
        start = _START.fullmatch(lines[at])
        at += 1
        if start is None:
            continue
        first = at
        while at < len(lines) and (lines[at] == "#" or lines[at].startswith("# ")):
            at += 1
        last = next((number for number in range(at - 1, first, -1) if lines[number] == _END), None)
        if last is not None:
            yield start[1], lines[first:last]
            at = last + 1


def _decode(content: bytes) -> str:
    # Bytes that are no UTF-8 may stand in comments of old scripts; in a requirement they are refused later.
    return content.decode("utf-8-sig", errors="replace")
