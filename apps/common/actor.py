"""Who does something. Doors build the actor; services and selectors ask it for rights."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, Literal

ActorType = Literal["user", "api_key", "system", "agent", "contact", "support", "anonymous"]


@dataclass(frozen=True, slots=True)
class Actor:
    """One authenticated party inside one organization.

    ``permissions`` are action names (``robot.run``) that role and groups give; grants on single objects are looked up
    where they matter. ``schema`` is the organization's schema, so that an actor cannot act in another one.
    ``confined_to`` are the actions an API key was made for: grants of its maker do not reach beyond them either.
    ``support_id`` is the grant by which somebody who runs the platform is here: ``support`` belongs to no organization,
    so there is no ``user``.
    Who is ``previewing`` looks around as a role, with what that role may see, and writes nothing.
    ``may_have_grants`` is False where there was none that could count when the credentials were verified; a first one
    counts from the next request on.
    """

    type: ActorType
    id: str
    label: str
    schema: str
    permissions: frozenset[str] = frozenset()
    confined_to: frozenset[str] | None = None
    role: str = ""
    user: Any = field(default=None, compare=False, repr=False)
    session_id: str | None = None
    support_id: str | None = None
    ip: str | None = None
    trace_id: str = ""
    everything: bool = False
    previewing: bool = False
    may_have_grants: bool = True

    @classmethod
    def system(cls, name: str, *, schema: str, trace_id: str = "") -> Actor:
        """The program itself, which may everything inside one organization."""
        return cls(type="system", id=name, label=name, schema=schema, everything=True, trace_id=trace_id)

    @classmethod
    def anonymous(cls, *, schema: str, ip: str | None = None, trace_id: str = "") -> Actor:
        """Nobody known; holds no right at all."""
        return cls(type="anonymous", id="", label="anonymous", schema=schema, ip=ip, trace_id=trace_id)

    @property
    def is_authenticated(self) -> bool:
        return self.type != "anonymous"

    @property
    def user_id(self) -> Any:
        """Id of the person behind the actor (also behind an API key), or None."""
        return self.user.pk if self.user is not None else None

    def holds(self, action: str) -> bool:
        """Whether role and groups give the action, single objects left aside."""
        return self.everything or action in self.permissions
