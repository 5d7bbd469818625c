"""An operation that does nothing and wants a token, against the same that wants none, without the network."""

from __future__ import annotations

from apps.tenants.hosts import own_host
from bench.figures import Figure, Target
from bench.stage import Stage

TARGET = Target(1.15)


def measure(stage: Stage) -> list[Figure]:
    side = {"token": stage.token, "host": own_host(stage.organization.slug)}
    rounds = stage.measured("bench.accounts_time", "token_check", side)
    return [Figure("token-check", "ms", TARGET, rounds["known"], rounds["unknown"])]
