"""Whom a connection has met: PostgreSQL keeps what it knows of every table of each, and forgets none of it."""

from __future__ import annotations

from apps.tenants.naming import PUBLIC

FEW = 25
"""So many organizations a connection may know whether or not it comes back to them."""
RARELY = 0.1
"""Times that it came back for each one it knows, below which knowing more of them is of no use."""


class Met:
    """The schemas that one connection has been in, and how often it came back to one."""

    def __init__(self) -> None:
        self.forget()

    def forget(self) -> None:
        self._schemas: set[str] = set()
        self._last, self._returns = "", 0

    def note(self, schema: str) -> None:
        """The connection is in this schema now; what happens in between in ``public`` is no parting."""
        if schema not in {PUBLIC, self._last}:
            self._last = schema
            self._returns += schema in self._schemas
        self._schemas.add(schema)

    def too_many(self, most: int) -> bool:
        """Whether another connection should take its place: after ``most``, or after a few that nearly all were new."""
        met = len(self._schemas)
        return met > most or (met > FEW and self._returns < RARELY * met)
