"""``make fuzz``: MINUTES of requests made up from the OpenAPI document. Exit code 1 if any answer was not as it says.

python -m tests.fuzz --minutes 10 --seed 7 --role org_admin --only '^/api/v1/runs'
"""

from __future__ import annotations

import argparse
import random
import sys

from tests.fuzz.campaign import Effort, Result, campaign
from tests.stack import NO_RATES, stack

ROLES = ("org_admin", "viewer")
PHASES = ("coverage", "fuzzing", "stateful")
EXAMPLES, CHAINS, STEPS = 20, 100, 12
"""To begin with; what time is left goes into more of them."""


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--minutes", type=float, default=10)
    parser.add_argument("--seed", type=int, default=None, help="the same seed makes the same requests up")
    parser.add_argument("--role", choices=ROLES, action="append", help="as whom; else as each in turn")
    parser.add_argument("--phase", choices=PHASES, action="append", help="what kinds; else all")
    parser.add_argument("--only", help="a pattern of paths")
    chosen = parser.parse_args()
    seed = chosen.seed if chosen.seed is not None else random.SystemRandom().randrange(2**31)
    roles, phases = chosen.role or ROLES, chosen.phase or PHASES
    turns = [(role, phase) for role in roles for phase in phases]
    sound = True
    with stack("fuzz", LOG_LEVEL="WARNING", **NO_RATES) as live:
        from tests.fuzz.people import token_maker  # noqa: PLC0415  # Django is set up by now
        from tests.shop import run_stored, shop_opened  # noqa: PLC0415

        shop = shop_opened(live)
        run_stored(shop, 100)
        live.worker(include="config.celery")
        for role, phase in turns:
            effort = Effort(
                examples=EXAMPLES,
                chains=CHAINS,
                steps=STEPS,
                seconds=max(int(60 * chosen.minutes / len(turns)), 1),
                phases=(phase,),
                only=chosen.only,
            )
            result = campaign(shop.web.url, token_maker(live.schema, role), effort=effort, seed=seed)
            tell(f"{role}, {phase}", result)
            sound = sound and not result.findings
    sys.stdout.write(f"\nAgain: make fuzz MINUTES={chosen.minutes} SEED={seed}\n")
    return 0 if sound else 1


def tell(title: str, result: Result) -> None:
    """Prints what was tried and what was found."""
    statuses = ", ".join(f"{status}: {number}" for status, number in sorted(result.statuses.items()))
    sys.stdout.write(
        f"{title}: {result.cases} requests to {len(result.operations)} operations over {len(result.links)} links; "
        f"{statuses}; {len(result.findings)} findings\n"
    )
    for name, text in result.findings.items():
        sys.stdout.write(f"\n{name}\n{text}\n")
    sys.stdout.flush()


if __name__ == "__main__":
    sys.exit(main())
