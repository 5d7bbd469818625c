"""Requests and answers, whichever way they go."""

from __future__ import annotations

import re
from dataclasses import dataclass, field, replace
from typing import Protocol

_ID = re.compile(rb"[0-9a-f]{8}-?(?:[0-9a-f]{4}-?){3}[0-9a-f]{12}", re.IGNORECASE)
Headers = tuple[tuple[str, str], ...]
SOCKET = "SOCKET"
"""In place of a method: a WebSocket."""


@dataclass(frozen=True, slots=True)
class Request:
    """``path`` with its query; ``host`` as it stands in the ``Host`` header."""

    method: str
    host: str
    path: str
    headers: Headers = ()
    body: bytes = b""
    content_type: str = ""

    def given(self) -> bytes:
        """All that the client has said, in one text: it may be told that again."""
        said = [self.path, self.host, *(value for _name, value in self.headers)]
        return "\n".join(said).encode() + b"\n" + self.body

    def but(self, **changes: object) -> Request:
        return replace(self, **changes)  # type: ignore[arg-type]  # names of fields

    def with_headers(self, *more: tuple[str, str]) -> Request:
        return replace(self, headers=(*self.headers, *more))


@dataclass(frozen=True, slots=True)
class Answer:
    status: int
    headers: Headers = ()
    body: bytes = b""
    log: bytes = field(default=b"", repr=False)
    """What was logged meanwhile, where that can be seen."""
    written: str = ""
    """Tables of the victim that were written to, where that can be seen."""

    def shown(self) -> bytes:
        """All that the client is told, in one text."""
        return "\n".join(f"{name}: {value}" for name, value in self.headers).encode() + b"\n\n" + self.body

    def header(self, name: str) -> str:
        return next((value for known, value in self.headers if known.lower() == name.lower()), "")

    def outline(self) -> tuple[int, bytes]:
        """What tells one refusal from another: the status and, below 2 KiB, the body without its ids."""
        return self.status, _ID.sub(b"<id>", self.body) if len(self.body) < 2048 else b""  # noqa: PLR2004


class Door(Protocol):
    """A way to send requests."""

    undoes: bool
    """Whether what a request wrote is taken back when it is answered."""

    def send(self, request: Request) -> Answer:
        """The answer, whatever its status."""

    def watch(self, request: Request) -> Answer:
        """What a WebSocket (method ``SOCKET``) or a stream sends until it ends; a socket's close code as status."""
