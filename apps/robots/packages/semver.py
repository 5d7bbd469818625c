"""Version numbers by Semantic Versioning 2.0.0, strictly: no leading zeros, no `v`, three numbers."""

from __future__ import annotations

from functools import total_ordering

import semver
from django.utils.translation import gettext as _

from apps.robots.errors import InvalidVersionNumber

LONGEST = 100


@total_ordering
class VersionNumber:
    """A version that can be sorted. Build metadata does not count for precedence, as the specification says."""

    __slots__ = ("_parsed", "text")

    def __init__(self, text: str) -> None:
        """Raise InvalidVersionNumber for anything that is not exactly a semantic version."""
        try:
            if len(text) > LONGEST or not text.isascii():
                raise ValueError(text)
            self._parsed = semver.Version.parse(text)
        except ValueError as error:
            detail = _("“%(version)s” is not a semantic version such as 1.4.0, 2.0.0-rc.1 or 1.0.0+build.5.")
            detail %= {"version": text[:LONGEST]}
            raise InvalidVersionNumber(detail, errors={"version": [detail]}) from error
        self.text = text

    @property
    def is_prerelease(self) -> bool:
        return self._parsed.prerelease is not None

    @property
    def following(self) -> str:
        """The number that most often comes next: that of a small change, or the release that was tried."""
        return str(self._parsed.bump_patch())

    def __eq__(self, other: object) -> bool:
        return isinstance(other, VersionNumber) and self._parsed.compare(other._parsed) == 0

    def __lt__(self, other: VersionNumber) -> bool:
        return self._parsed.compare(other._parsed) < 0

    def __hash__(self) -> int:
        return hash(self._parsed.replace(build=None))

    def __str__(self) -> str:
        return self.text

    def __repr__(self) -> str:
        return f"VersionNumber({self.text!r})"
