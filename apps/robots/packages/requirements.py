"""Requirement lines from strangers: only names of the registry, no paths, no URLs, no options that reach elsewhere."""

from __future__ import annotations

import re
from collections.abc import Iterable

from django.utils.translation import gettext as _
from packaging.requirements import InvalidRequirement, Requirement

from apps.robots.errors import InvalidDependencies

MOST = 500
LONGEST_LINE = 32 * 1024
_comment = re.compile(r"(?:^|(?<=\s))#.*$")
_hash = re.compile(r"(?<=\s)--hash[= ](sha256:[0-9a-f]{64}|sha384:[0-9a-f]{96}|sha512:[0-9a-f]{128})(?=\s|$)")


def read_requirements(lines: Iterable[str]) -> tuple[str, ...]:
    """Normalised requirements, one per line, with their hashes; comments and blank lines dropped.

    Raises InvalidDependencies naming the line for an option (`-r`, `-e`, `--index-url`, …), a URL or a path:
    an installer would follow them with the rights of the worker.
    """
    joined = "\n".join(lines).replace("\\\n", " ")
    stripped = [_comment.sub("", line).strip() for line in joined.splitlines()]
    found = [line for line in stripped if line]
    if len(found) > MOST:
        raise InvalidDependencies(_("More than %(count)d requirements.") % {"count": MOST})
    return tuple(_read(line) for line in found)


def _read(line: str) -> str:
    if len(line) > LONGEST_LINE:
        raise _refusal(_("Requirement too long"), line)
    hashes = _hash.findall(line)
    text = _hash.sub("", line).strip()
    try:
        requirement = Requirement(text)
    except InvalidRequirement as error:
        reason = _("Options are not accepted") if text.startswith("-") else _("Not a requirement")
        raise _refusal(reason, text) from error
    if requirement.url:
        raise _refusal(_("Only packages of the registry are accepted, no URL"), text)
    return " ".join([str(requirement), *(f"--hash={value}" for value in hashes)])


def _refusal(reason: str, line: str) -> InvalidDependencies:
    return InvalidDependencies(f"{reason}: {line[:200]}", extra={"line": line[:200]})
