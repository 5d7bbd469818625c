"""What of an organization nobody else may see, and how it is found in answers, frames, logs and errors."""

from __future__ import annotations

import base64
import re
from collections.abc import Iterable
from dataclasses import dataclass

_ID = re.compile(rb"(?<![0-9a-f])[0-9a-f]{8}-?[0-9a-f]{4}-?[0-9a-f]{4}-?[0-9a-f]{4}-?[0-9a-f]{12}(?![0-9a-f])")
_ALIGNMENTS = range(3)


@dataclass(frozen=True, slots=True)
class Secrets:
    """Words that stand in all texts of an organization, its credentials, and the ids of its rows."""

    owner: str
    words: tuple[bytes, ...]
    ids: frozenset[bytes]

    @classmethod
    def of(cls, owner: str, *, words: Iterable[str], ids: Iterable[str]) -> Secrets:
        """Words are looked for in base64 as well, which cursors, cookies and headers may carry."""
        plain = [word.lower().encode() for word in words]
        encoded = [form for word in plain for form in _base64_forms(word)]
        return cls(owner, tuple(plain + encoded), frozenset(_compact(known.encode()) for known in ids))

    def without(self, others: Secrets) -> Secrets:
        """Ids that both know are nobody's secret: those of rows that a migration wrote."""
        return Secrets(self.owner, self.words, self.ids - others.ids)

    def seen_in(self, shown: bytes, *, given: bytes = b"") -> list[str]:
        """What stands in ``shown`` although it did not stand in ``given``: who asks with an id may be told it again."""
        text, known = shown.lower(), given.lower()
        words = [word.decode() for word in self.words if word in text and word not in known]
        strange = {_compact(found) for found in _ID.findall(text)} & self.ids
        if strange:
            strange -= {_compact(found) for found in _ID.findall(known)}
        return words + sorted(found.decode() for found in strange)


def _compact(identifier: bytes) -> bytes:
    return identifier.lower().replace(b"-", b"")


def _base64_forms(word: bytes) -> list[bytes]:
    """The word as it looks inside base64 of something longer, whatever stands before it; in lower case."""
    forms = []
    for shift in _ALIGNMENTS:
        whole = base64.b64encode(bytes(shift) + word)
        first, last = -(-shift * 4 // 3), len(word) + shift
        forms.append(whole[first : last // 3 * 4].lower())
    return forms
