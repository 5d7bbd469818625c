"""What the specimens of the apps share while an organization is being filled."""

from __future__ import annotations

import secrets
from dataclasses import dataclass, field
from datetime import datetime

from apps.accounts.models import User
from apps.accounts.services.credentials import actor_of_user
from apps.common.actor import Actor
from apps.tenants.models import Organization

DOMAIN = "isolation.example"


def new_word() -> str:
    """A word that stands nowhere else: letters and digits, so that it fits into every kind of text."""
    return f"x{secrets.token_hex(10)}"


@dataclass
class Shelf:
    """Objects of one organization by the names that addresses and bodies use for them: ``robot_id``, ``slug``."""

    word: str
    """Stands in every free text of these objects."""
    pool: str = field(default_factory=lambda: f"isolation-{secrets.token_hex(6)}")
    """Of its robots: no worker serves it. Stands in what the platform may see as well: names of queues, settings."""
    named: dict[str, str] = field(default_factory=dict)

    def text(self, what: str) -> str:
        return f"{what} {self.word}"


@dataclass
class Furnishing:
    """An organization that is being filled: what everybody of it may see, and what one person, the guest, may not."""

    organization: Organization
    now: datetime
    disposable: bool = False
    """The database is thrown away afterwards, so that mails may be ordered which nobody sends."""
    shown: Shelf = field(default_factory=lambda: Shelf(new_word()))
    hidden: Shelf = field(default_factory=lambda: Shelf(new_word()))
    people: dict[str, User] = field(default_factory=dict)
    password: str = field(default_factory=lambda: f"Aa1-{secrets.token_urlsafe(12)}")

    @property
    def schema(self) -> str:
        return str(self.organization.schema_name)

    def address(self, local: str) -> str:
        return f"{local}-{self.shown.word}@{DOMAIN}"

    def system(self) -> Actor:
        return Actor.system("isolation", schema=self.schema)

    def actor(self, name: str, *, session_id: str | None = None) -> Actor:
        """Somebody of the cast, as a service sees them."""
        known = User.objects.select_related("role").get(pk=self.people[name].pk)
        return actor_of_user(known, schema=self.schema, ip=None, session_id=session_id)
