"""Which cases are tried, and in which order."""

from __future__ import annotations

import pytest

from apps.isolation.cases.case import Case, Probe
from apps.isolation.matrix import Plan, chosen

PARTS = {"api": 40, "pages": 10, "names": 1}
SEEDS = range(5)


def case(family: str, part: int, number: int) -> Case:
    return Probe(family=family, name=f"{family} {part} {number}", covers=f"{family} {part}", check=lambda: None)


CASES = [case(family, part, number) for family, parts in PARTS.items() for part in range(parts) for number in range(3)]


@pytest.mark.parametrize("seed", SEEDS)
def test_it_works(seed: int) -> None:
    """Everything once, each part of the surface first, and of these the pages, which take longest, last."""
    found = chosen(CASES, Plan(seed=seed))
    assert sorted(each.name for each in found) == sorted(each.name for each in CASES)
    first = found[: sum(PARTS.values())]
    assert len({each.covers for each in first}) == len(first)
    assert [each.family for each in first[-PARTS["pages"] :]] == ["pages"] * PARTS["pages"]


@pytest.mark.parametrize("seed", SEEDS)
@pytest.mark.parametrize("size", [3, 5, 30])
def test_a_sample_leaves_no_family_out(seed: int, size: int) -> None:
    """However small it is beside the parts, of which one family may have nearly all."""
    found = chosen(CASES, Plan(seed=seed, cases=size))
    assert len(found) == size
    assert {each.family for each in found[: len(PARTS)]} == set(PARTS)


def test_a_sample_leaves_no_part_out_that_it_has_room_for() -> None:
    found = chosen(CASES, Plan(cases=sum(PARTS.values())))
    assert {each.covers for each in found} == {each.covers for each in CASES}


def test_facets_of_a_part_count_as_parts() -> None:
    cases = [Probe(family="api", name="", covers="one", facet=facet, check=lambda: None) for facet in "aaaabbbb"]
    assert {each.facet for each in chosen([*cases], Plan(cases=2))} == {"a", "b"}


def test_the_seed_makes_the_order() -> None:
    assert chosen(CASES, Plan(seed=1)) == chosen(CASES, Plan(seed=1))
    assert chosen(CASES, Plan(seed=1)) != chosen(CASES, Plan(seed=2))


def test_none_may_be_wanted() -> None:
    assert chosen(CASES, Plan(cases=0)) == []
