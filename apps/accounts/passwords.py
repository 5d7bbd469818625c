"""Rules of passwords: 8 to 100 characters with upper case, lower case and a digit; one text for each rule missed.

None is a word that anybody would try first with a character or two behind it: names of the product and the
organization, parts of one's own name and address. No more than that is refused, for the product's contract knows the
rules above alone.
"""

from __future__ import annotations

import os
import re
import threading
import unicodedata
from collections.abc import Callable, Iterable, Mapping
from typing import Any, NamedTuple

from django.contrib.auth.hashers import Argon2PasswordHasher
from django.contrib.auth.password_validation import validate_password
from django.core.exceptions import ValidationError
from django.utils.translation import gettext_lazy as _

from apps.common.errors import InvalidInput
from apps.tenants.context import current_schema
from apps.tenants.naming import PUBLIC
from apps.tenants.selectors import PRODUCT, organization_current, organization_title

MINIMUM, MAXIMUM = 8, 100
SHORTEST_WORD, LEAST_BESIDE_WORDS = 4, 3
_RULES: tuple[tuple[Callable[[str], bool], Any], ...] = (
    (lambda text: len(text) >= MINIMUM, _("The password must have at least 8 characters.")),
    (lambda text: len(text) <= MAXIMUM, _("The password must have at most 100 characters.")),
    (lambda text: any(c.isupper() for c in text), _("The password must have an upper-case letter.")),
    (lambda text: any(c.islower() for c in text), _("The password must have a lower-case letter.")),
    (lambda text: any(c.isdigit() for c in text), _("The password must have a digit.")),
)
_GUESSED = _("“%(word)s” is tried first and does not count: the rest of the password must have at least 3 characters.")
_TOLD_BY_ACCOUNTS = ("name", "email", "username")
_APART = re.compile(r"[\W_]+")


class PasswordHasher(Argon2PasswordHasher):
    """Argon2id at OWASP's parameters: 19 MiB, two passes, one lane; about 20 ms, whatever the number of cores.

    Django's own (100 MiB, eight lanes) would let a few sign-ins at once take a small machine's memory. More at once
    than there are cores would take as long, and leave a process with the 19 MiB of each.
    """

    time_cost = 2
    memory_cost = 19 * 1024
    parallelism = 1
    at_once = threading.BoundedSemaphore(os.cpu_count() or 1)

    def encode(self, password: str, salt: str) -> str:
        with self.at_once:
            return super().encode(password, salt)

    def verify(self, password: str, encoded: str) -> bool:
        with self.at_once:
            return super().verify(password, encoded)


class Owner(NamedTuple):
    """Whose password it shall be, as far as words are concerned; an account there may be or not yet."""

    name: str = ""
    email: str = ""
    username: str = ""
    organization: str = ""

    @classmethod
    def changed(cls, user: Any, changes: Mapping[str, Any]) -> Owner:
        """The owner of an account once these fields of it have changed."""
        return cls(*(changes.get(field, getattr(user, field)) for field in _TOLD_BY_ACCOUNTS))


class CompositionValidator:
    """Django password validator of the rules above."""

    def validate(self, password: str, user: Any = None) -> None:
        missed = [text for holds, text in _RULES if not holds(password)]
        if missed:
            raise ValidationError([ValidationError(text) for text in missed])

    def get_help_text(self) -> str:
        return str(_("8 to 100 characters with upper case, lower case and a digit."))


class ContextValidator:
    """Django password validator of the words that count for nothing."""

    def validate(self, password: str, user: Any = None) -> None:
        rest, found = _folded(password), ""
        for word in sorted(context_words(user), key=len, reverse=True):
            if word in rest:
                rest, found = rest.replace(word, ""), found or word
        if found and len(rest) < LEAST_BESIDE_WORDS:
            raise ValidationError(_GUESSED, params={"word": found})

    def get_help_text(self) -> str:
        return str(_("Names of the organization, the product and oneself do not count."))


def context_words(user: Any = None) -> set[str]:
    """Words of four letters or more that a person's password is guessed by, folded."""
    name, email, username = (getattr(user, field, "") or "" for field in _TOLD_BY_ACCOUNTS)
    local, _at, domain = email.partition("@")
    labels = domain.rpartition(".")[0]  # without the last one, which says nothing
    texts = [PRODUCT, name, username, local, labels, *_organization(user)]
    return {word for text in texts for word in _words(text) if len(word) >= SHORTEST_WORD}


def password_validate(password: str, *, user: Any, field: str = "password") -> None:
    """Raises ``InvalidInput`` with one text under ``field`` for each rule that the password misses.

    ``user`` is whose it shall be: an account, an :class:`Owner`, or None where nobody knows yet.
    """
    try:
        validate_password(password, user)
    except ValidationError as error:
        raise InvalidInput(errors={field: error.messages}) from error


def _organization(user: Any) -> Iterable[str]:
    yield getattr(user, "organization", "")
    if current_schema() != PUBLIC:
        organization = organization_current()
        yield from (organization_title(organization), organization.slug)


def _words(text: str) -> Iterable[str]:
    """The words of a text, and all of it in one."""
    parts = [part for part in _APART.split(_folded(text)) if part]
    return [*parts, "".join(parts)]


def _folded(text: str) -> str:
    """Without accents and capitals."""
    return "".join(c for c in unicodedata.normalize("NFKD", text) if not unicodedata.combining(c)).casefold()
