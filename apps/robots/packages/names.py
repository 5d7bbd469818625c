"""Names inside an archive: relative, clean, and different from each other on every file system."""

from __future__ import annotations

import re
import unicodedata

from django.utils.translation import gettext as _

from apps.robots.errors import InvalidArtifact

LONGEST_PART = 255
_drive = re.compile(r"^[A-Za-z]:")
# Control characters, line separators, bidirectional overrides and lone surrogates: names that deceive the reader.
_deceptive = re.compile("[\x00-\x1f\x7f-\x9f\u2028-\u202e\u2066-\u2069\ud800-\udfff]")


def refuse(reason: str, name: str) -> InvalidArtifact:
    """The error for one entry: says what is wrong and names the entry, unprintable characters escaped."""
    shown = _deceptive.sub(lambda found: found.group().encode("unicode_escape").decode("ascii"), name)
    return InvalidArtifact(f"{reason}: {shown[:200]}", extra={"entry": shown[:400]})


def check_name(name: str, *, longest: int) -> None:
    """Raise InvalidArtifact unless ``name`` is a clean relative path with forward slashes."""
    path = name.removesuffix("/")
    if _deceptive.search(path):
        raise refuse(_("Entry name with control characters"), name)
    if path.startswith(("/", "\\")) or _drive.match(path):
        raise refuse(_("Absolute path"), name)
    parts = path.split("/")
    if ".." in path.replace("\\", "/").split("/"):
        raise refuse(_("Path traversal"), name)
    if "\\" in path:
        raise refuse(_("Backslash in an entry name; use forward slashes"), name)
    if not path or "" in parts or "." in parts:
        raise refuse(_("Unclean path"), name)
    if len(path.encode()) > longest or any(len(part.encode()) > LONGEST_PART for part in parts):
        raise refuse(_("Entry name too long"), name)


def folded(name: str) -> str:
    """The form in which two names collide on some file system: case and Unicode composition ignored."""
    return unicodedata.normalize("NFC", unicodedata.normalize("NFKC", name.removesuffix("/")).casefold())


class NameRegister:
    """Takes names one by one and refuses a duplicate, or a file where another entry needs a directory."""

    def __init__(self) -> None:
        self._entries: set[str] = set()
        self._files: set[str] = set()
        self._directories: set[str] = set()

    def add(self, name: str) -> None:
        key = folded(name)
        if key in self._entries:
            raise refuse(_("Duplicate name"), name)
        self._entries.add(key)
        parents = ["/".join(key.split("/")[:depth]) for depth in range(1, key.count("/") + 1)]
        is_directory = name.endswith("/")
        if not self._files.isdisjoint(parents) or (not is_directory and key in self._directories):
            raise refuse(_("File and directory of the same name"), name)
        self._directories.update(parents)
        if is_directory:
            self._directories.add(key)
        else:
            self._files.add(key)
