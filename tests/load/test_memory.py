from __future__ import annotations

import random

import pytest

from tests.load.memory import MIB, Growth, growth

MINUTE = 30  # samples of a minute


def test_it_works() -> None:
    """A mebibyte a minute is found in the noise of ten minutes."""
    chance = random.Random(1)
    leaking = [(2.0 * n, int((100 + n / MINUTE + chance.uniform(-2, 2)) * MIB)) for n in range(10 * MINUTE)]
    found = growth("web", leaking)
    assert found.grew / MIB == pytest.approx(10, abs=1)
    assert found.began / MIB == pytest.approx(100, abs=1)


def test_noise_alone_is_flat() -> None:
    chance = random.Random(2)
    steady = [(2.0 * n, int((100 + chance.uniform(-5, 5)) * MIB)) for n in range(10 * MINUTE)]
    assert growth("web", steady).is_flat


@pytest.mark.parametrize(
    ("began", "grew", "flat"), [(100, 9, True), (100, 11, False), (400, 19, True), (400, 21, False)]
)
def test_a_twentieth_or_ten_mebibytes_are_allowed(began: int, grew: int, flat: bool) -> None:
    assert Growth("web", began * MIB, grew * MIB).is_flat is flat


def test_less_is_always_fine() -> None:
    assert growth("web", [(float(n), (100 - n) * MIB) for n in range(50)]).is_flat


def test_two_looks_say_nothing() -> None:
    with pytest.raises(ValueError, match="web was looked at 2 times"):
        growth("web", [(0.0, 1), (1.0, 1)])
