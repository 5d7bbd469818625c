"""``make chaos``: so many faults from a seed, then the verdict. Exit code 1 unless all that must hold has held.

python -m tests.chaos --faults 1000 --seed 7
python -m tests.chaos --check path/to/history.jsonl
"""

from __future__ import annotations

import argparse
import os
import random
import signal
import sys
import tempfile
from collections.abc import Iterable
from pathlib import Path

from tqdm import tqdm

from config import embedded
from tests.chaos.checker import Verdict, check
from tests.chaos.history import read
from tests.chaos.nemesis import Fault, plan

LEASE_SECONDS = 3.0
SHOWN = 20


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--faults", type=int, default=1000)
    parser.add_argument("--seed", type=int, default=None, help="the same seed gives the same faults")
    parser.add_argument("--lease", type=float, default=LEASE_SECONDS, help="seconds of LEASE_SECONDS")
    parser.add_argument("--check", type=Path, help="only judge a history that is there already")
    chosen = parser.parse_args()
    if chosen.check is not None:
        return tell(check(read(chosen.check)))
    signal.signal(signal.SIGTERM, lambda *_: sys.exit("ended from outside"))  # so that nothing is left running
    seed = chosen.seed if chosen.seed is not None else random.SystemRandom().randrange(2**31)
    directory = Path(tempfile.mkdtemp(prefix="oficina-chaos-"))
    sys.stdout.write(f"seed {seed}, {chosen.faults} faults; everything is kept in {directory}\n")
    sys.stdout.flush()
    path = _run(directory, plan(seed, chosen.faults, lease=chosen.lease), seed=seed, lease=chosen.lease)
    status = tell(check(read(path)))
    sys.stdout.write(f"\nReplay: make chaos SEED={seed} FAULTS={chosen.faults}\nHistory: {path}\n")
    return status


def _run(directory: Path, faults: list[Fault], *, seed: int, lease: float) -> Path:
    """With servers of its own, which are as durable as those of an installation."""
    servers = embedded.ensure(directory / "data", for_tests=False)
    try:
        os.environ.update(embedded.environment(servers) | {"DATA_DIR": str(directory / "data")})
        os.environ.update({"DJANGO_SETTINGS_MODULE": "config.settings", "ACCESS_TOKEN_SECONDS": "86400"})
        import django  # noqa: PLC0415  # the environment is complete now

        django.setup()
        from django.core.management import call_command  # noqa: PLC0415

        from tests.chaos.run import Scene, chaos  # noqa: PLC0415

        call_command("migrate_organizations", verbosity=0)
        if servers.postgresql is None or servers.redis is None:
            raise AssertionError("both servers are ours")
        scene = Scene(
            directory=directory,
            database_url=servers.postgresql.url,
            redis_url=servers.redis.url,
            redis=servers.redis,
            postgresql=servers.postgresql,
            lease=lease,
        )
        return chaos(scene, faults, seed=seed, progress=lambda struck: _bar(struck, len(faults)))
    finally:
        servers.stop()


def _bar(struck: Iterable[Fault], total: int) -> Iterable[Fault]:
    return tqdm(struck, total=total, unit="fault", disable=None)


def tell(verdict: Verdict) -> int:
    """Prints the verdict; returns the exit code."""
    for name, value in verdict.figures.items():
        sys.stdout.write(f"{name:<10} {value}\n")
    sys.stdout.write("\n")
    for name, problems in verdict.problems.items():
        sys.stdout.write(f"{'ok    ' if not problems else 'BROKEN'} {name}\n")
        for problem in problems[:SHOWN]:
            sys.stdout.write(f"         {problem}\n")
        if len(problems) > SHOWN:
            sys.stdout.write(f"         … and {len(problems) - SHOWN} more\n")
    return 0 if verdict.holds else 1


if __name__ == "__main__":
    sys.exit(main())
