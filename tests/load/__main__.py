"""``make load``: finds what the product can do, then has it do 80 % of that for MINUTES.

It looks for errors and for leaks.

python -m tests.load --minutes 10 --seed 7

Exit code 1 unless nothing was refused, every run was completed and the memory of every process stayed flat.
"""

from __future__ import annotations

import argparse
import asyncio
import random
import sys

from tests.stack import NO_RATES, stack


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--minutes", type=float, default=10)
    parser.add_argument("--rate", type=float, help="actions a second, instead of looking for what can be done")
    parser.add_argument("--seed", type=int, default=None, help="the same seed gives the same actions in the same order")
    chosen = parser.parse_args()
    seed = chosen.seed if chosen.seed is not None else random.SystemRandom().randrange(2**31)
    with stack("load", LOG_LEVEL="WARNING", VIEWERS_PER_PERSON="1000", **NO_RATES) as live:
        from tests.load.run import load, tell  # noqa: PLC0415  # Django is set up by now
        from tests.load.scene import scene_set  # noqa: PLC0415

        live.worker(include="config.celery")
        live.beat()
        scene = scene_set(live)
        verdict = asyncio.run(load(live, scene, random.Random(seed), chosen.minutes, chosen.rate))
        tell(verdict)
    sys.stdout.write(f"\nAgain: make load MINUTES={chosen.minutes:g} SEED={seed}\n")
    return 1 if verdict.problems else 0


if __name__ == "__main__":
    sys.exit(main())
