from __future__ import annotations

import random
from collections.abc import Iterable

from apps.tenants.naming import PUBLIC
from apps.tenants.postgresql.met import FEW, Met

MOST = 100


def served(schemas: Iterable[str]) -> int | None:
    """How many times a connection came into an organization until it was to be replaced."""
    met = Met()
    for number, schema in enumerate(schemas, start=1):
        met.note(PUBLIC)
        met.note(schema)
        if met.too_many(MOST):
            return number
    return None


def test_it_works() -> None:
    assert served(f"t_{number}" for number in range(1000)) == FEW  # with public


def test_one_that_comes_back_is_kept_up_to_the_most() -> None:
    """Every other time to the same one, and to somebody new in between."""
    assert served(f"t_{number}" if number % 2 else "t_busy" for number in range(1000)) == 2 * (MOST - 1)


def test_staying_in_one_is_no_coming_back() -> None:
    assert served(f"t_{number // 10}" for number in range(1000)) == 10 * (FEW - 1) + 1


def test_of_thousands_at_random_it_keeps_a_few() -> None:
    chance = random.Random(1)
    assert served(f"t_{chance.randrange(2000)}" for _turn in range(1000)) == FEW


def test_of_half_as_many_as_it_may_know_at_random_it_keeps_all() -> None:
    chance = random.Random(1)
    assert served(f"t_{chance.randrange(MOST // 2)}" for _turn in range(10_000)) is None


def test_a_new_connection_knows_nobody() -> None:
    met = Met()
    for number in range(FEW + 1):
        met.note(f"t_{number}")
    assert met.too_many(MOST)
    met.forget()
    assert not met.too_many(MOST)
