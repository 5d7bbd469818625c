"""A case: something that is tried, and what would be wrong about how it went."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator
from dataclasses import dataclass, field
from typing import Protocol

from apps.isolation.doors.wire import Answer, Door, Request
from apps.isolation.secrecy import Secrets

SERVER_ERROR, CLOSE_CODES, BROKEN = 500, 1000, 1011


class Case(Protocol):
    """One thing that is tried."""

    @property
    def family(self) -> str: ...

    @property
    def name(self) -> str: ...

    @property
    def covers(self) -> str:
        """Key of the part of the surface that it is about."""

    @property
    def facet(self) -> str: ...

    def problems(self, door: Door) -> Iterator[str]:
        """What went wrong: leaks, writes, answers that are not the documented ones."""


@dataclass(frozen=True, slots=True, kw_only=True)
class HttpCase:
    """A request. Its ``twin`` asks in the same way for what is nowhere; both must be answered alike."""

    family: str
    name: str
    covers: str
    request: Request
    expected: Collection[int] = ()
    forbidden: tuple[Secrets, ...]
    twin: Request | None = None
    shows: Secrets | None = None
    """For cases that prove the test itself: what must be seen."""
    unmarked: str = ""
    """A header that must not come back."""
    live: bool = False
    """Whether it asks for a socket or a stream, which lasts until the other side ends it."""
    may_write: bool = False
    code: str = ""
    """The ``error_code`` that must be named."""
    facet: str = ""
    """What of ``covers`` it is about, where a sample must hold one of each."""
    undone_only: bool = False
    """Whether it has effects that only a door may have that takes them back."""

    def problems(self, door: Door) -> Iterator[str]:
        ask = door.watch if self.live else door.send
        answer = ask(self.request)
        yield from self._leaks(answer)
        yield from self._status(answer)
        if answer.written and not self.may_write:
            yield f"wrote to the other's tables: {answer.written}"
        if self.shows is not None and not self.shows.seen_in(answer.shown()):
            yield f"shows nothing of {self.shows.owner} (status {answer.status})"
        if self.code and self.request.method != "HEAD" and f'"error_code":"{self.code}"'.encode() not in answer.body:
            yield f"does not say {self.code}: {answer.body[:300].decode(errors='replace')}"
        if self.unmarked and answer.header(self.unmarked):
            yield f"answered with {self.unmarked}: {answer.header(self.unmarked)}"
        if self.twin is not None:
            yield from self._difference(answer, ask(self.twin), self.twin)

    def _leaks(self, answer: Answer) -> Iterator[str]:
        given = self.request.given()
        for secrets in self.forbidden:
            for place, data in (("answer", answer.shown()), ("log", answer.log)):
                for found in secrets.seen_in(data, given=given):
                    yield f"the {place} holds {found} of {secrets.owner}"

    def _status(self, answer: Answer) -> Iterator[str]:
        failed = SERVER_ERROR <= answer.status < CLOSE_CODES or answer.status == BROKEN
        if failed or (self.expected and answer.status not in self.expected):
            wanted = "/".join(map(str, sorted(self.expected))) or "below 500"
            yield f"answered {answer.status}, expected {wanted}: {answer.body[:300].decode(errors='replace')}"

    def _difference(self, answer: Answer, other: Answer, twin: Request) -> Iterator[str]:
        """Pages repeat what they were asked, so their lengths tell something only where that was equally long."""
        alike = len(self.request.given()) == len(twin.given())
        if answer.outline() != other.outline() or (alike and len(answer.body) != len(other.body)):
            yield f"tells what is there ({answer.status}) from what is nowhere ({other.status})"


@dataclass(frozen=True, slots=True, kw_only=True)
class Probe:
    """A call inside the program; it gives what is wrong, nothing when all is well."""

    family: str
    name: str
    covers: str = ""
    facet: str = ""
    check: Callable[[], str | None] = field(repr=False)

    def problems(self, _door: Door) -> Iterator[str]:
        problem = self.check()
        if problem:
            yield problem
