"""Signing in on the host that all organizations share, with 10,000 of them and with 10."""

from __future__ import annotations

from bench.figures import Figure, Target
from bench.people import signing_in
from bench.stage import Stage

MANY, FEW = 10_000, 10
TARGET = Target(1.25)


def measure(stage: Stage) -> list[Figure]:
    side = signing_in(stage.organization) | {"many": MANY, "few": FEW}
    rounds = stage.measured("bench.accounts_time", "sign_in_organizations", side)
    note = f"{MANY:,} organizations against {FEW}"
    return [Figure("sign-in-10000-organizations", "ms", TARGET, rounds["many"], rounds["few"], note)]
