from __future__ import annotations

import random

import pytest

from apps.robots.errors import InvalidVersionNumber
from apps.robots.packages.semver import VersionNumber

# Rising, by the specification's own examples.
RISING = [
    "0.0.1", "0.9.9", "1.0.0-alpha", "1.0.0-alpha.1", "1.0.0-alpha.beta", "1.0.0-beta", "1.0.0-beta.2",
    "1.0.0-beta.11", "1.0.0-rc.1", "1.0.0", "1.2.0", "1.10.0", "2.0.0", "2.1.0", "2.1.1", "10.0.0",
]  # fmt: skip


def test_it_works() -> None:
    shuffled = random.Random(1).sample(RISING, len(RISING))
    assert [str(version) for version in sorted(map(VersionNumber, shuffled))] == RISING


def test_build_metadata_does_not_count() -> None:
    assert VersionNumber("1.0.0+a") == VersionNumber("1.0.0+b") == VersionNumber("1.0.0")
    assert len({VersionNumber("1.0.0+a"), VersionNumber("1.0.0")}) == 1


def test_a_prerelease_is_known() -> None:
    assert VersionNumber("1.0.0-rc.1").is_prerelease
    assert not VersionNumber("1.0.0+rc.1").is_prerelease


@pytest.mark.parametrize(
    "text",
    ["", "1", "1.0", "01.0.0", "1.0.00", "v1.0.0", "1.0.0-", "1.0.0-01", "1.0.0-a..b", "1.0.0+", "1.0.0 ", " 1.0.0",
     "1.0.0\n", "1.0.0-ä", "\u0661.0.0", "1.0.0.0", "-1.0.0", "latest", "1.0.0-" + "a" * 100],
)  # fmt: skip
def test_anything_else_is_refused(text: str) -> None:
    with pytest.raises(InvalidVersionNumber):
        VersionNumber(text)
