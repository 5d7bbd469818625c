"""``python -m bench.accounts_time FILE ROW``: how long this process works for signing in, and for knowing who asks."""

from __future__ import annotations

import json
import os
import sys
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import argon2
import orjson

from bench.rounds import ROUNDS
from bench.statistics import median
from bench.wsgi import answered

from apps.accounts.passwords import PasswordHasher  # isort: skip  # Django is set up by now
from bench.neighbours import Neighbours  # isort: skip
from bench.urls import EMPTY, OPEN  # isort: skip

Rounds = dict[str, list[float]]
LOGIN = "/api/v1/auth/login"


def sign_in(side: Mapping[str, Any]) -> Callable[[], object]:
    """Signs in with the right password on the host that all share."""
    body = orjson.dumps({"email": side["email"], "password": side["password"]})
    return lambda: answered(LOGIN, body=body)


def bare_verify(side: Mapping[str, Any]) -> Callable[[], object]:
    """The library alone, with the parameters of our passwords; they must be those of the stored hash."""
    encoded = side["encoded"].removeprefix("argon2")
    found = argon2.extract_parameters(encoded)
    wanted = (PasswordHasher.time_cost, PasswordHasher.memory_cost, PasswordHasher.parallelism)
    if (found.time_cost, found.memory_cost, found.parallelism) != wanted:
        raise RuntimeError(f"the stored hash has other parameters than new ones get: {found}")
    hasher = argon2.PasswordHasher()  # verifying takes the parameters from the hash
    return lambda: hasher.verify(encoded, side["password"])


def sign_ins(side: Mapping[str, Any]) -> Rounds:
    return _in_turns({"sign_in": sign_in(side), "verify": bare_verify(side)}, samples=10)


def token_checks(side: Mapping[str, Any]) -> Rounds:
    """Both on the organization's own host, so that all but the credentials is the same."""
    measured = {
        "known": lambda: answered(EMPTY, token=side["token"], host=side["host"]),
        "unknown": lambda: answered(OPEN, host=side["host"]),
    }
    return _in_turns(measured, samples=150)


def sign_ins_among(side: Mapping[str, Any]) -> Rounds:
    """The same sign-in with many organizations beside it, and with few."""
    rounds: Rounds = {"many": [], "few": []}
    others = Neighbours(side["many"] - side["few"])
    try:
        for number in range(ROUNDS):
            for name in ("many", "few") if number % 2 == 0 else ("few", "many"):
                others.be(here=name == "many")
                rounds[name] += _in_turns({name: sign_in(side)}, samples=10, rounds=1)[name]
    finally:
        others.be(here=False)
    return rounds


MEASURES: Mapping[str, Callable[[Mapping[str, Any]], Rounds]] = {
    "sign_in": sign_ins,
    "token_check": token_checks,
    "sign_in_organizations": sign_ins_among,
}


def main(file: Path, row: str) -> None:
    """Each round's figure is the median of its samples, in milliseconds."""
    side: dict[str, Any] = json.loads(os.environ["BENCH_SIDE"])
    file.write_text(json.dumps(MEASURES[row](side)), encoding="utf-8")


def _in_turns(measured: Mapping[str, Callable[[], object]], *, samples: int, rounds: int = ROUNDS) -> Rounds:
    for warm_up in measured.values():
        warm_up()
        warm_up()
    figures: Rounds = {name: [] for name in measured}
    for _round in range(rounds):
        taken: Rounds = {name: [] for name in measured}
        for _sample in range(samples):
            for name, measure in measured.items():
                began = time.perf_counter()
                measure()
                taken[name].append(1000 * (time.perf_counter() - began))
        for name, times in taken.items():
            figures[name].append(median(times))
    return figures


if __name__ == "__main__":
    main(Path(sys.argv[1]), sys.argv[2])
