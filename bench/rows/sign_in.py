"""Signing in with a password, against checking that password with the library alone, at the same parameters."""

from __future__ import annotations

from apps.accounts.passwords import PasswordHasher
from bench.figures import Figure, Target
from bench.people import signing_in
from bench.stage import Stage

TARGET = Target(1.5)


def measure(stage: Stage) -> list[Figure]:
    rounds = stage.measured("bench.accounts_time", "sign_in", signing_in(stage.organization))
    note = (
        f"Argon2id, {PasswordHasher.memory_cost // 1024} MiB, {PasswordHasher.time_cost} passes, "
        f"{PasswordHasher.parallelism} lane"
    )
    return [Figure("sign-in", "ms", TARGET, rounds["sign_in"], rounds["verify"], note)]
