"""The matrix on a database of its own, as a process: ``python -m tests.isolation.attempt``.

The last line it prints is what came of it, as JSON. Exit code 1 when something was found.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
from collections import Counter
from typing import TYPE_CHECKING, Any

import django
from tqdm import tqdm

if TYPE_CHECKING:
    from apps.isolation.matrix import Proof


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--cases", type=int, default=0, help="about so many; 0 for all")
    parser.add_argument("--family", action="append")
    parser.add_argument("--stop", action="store_true", help="end with the first finding")
    parser.add_argument("--report", action="store_true", help="print the report as well")
    parser.add_argument("--processes", type=int, default=1, help="divide the cases among so many")
    parser.add_argument("--share", type=int, default=0)
    chosen = parser.parse_args()
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
    django.setup()
    from django.core.management import call_command  # noqa: PLC0415  # Django is set up by now

    from apps.isolation.report import report  # noqa: PLC0415

    call_command("migrate_organizations", verbosity=0)
    others = [_other(number, chosen.processes) for number in range(1, chosen.processes if chosen.share == 0 else 1)]
    proof = _proved(chosen)
    for other in others:
        _add(proof, json.loads(other.communicate()[0].splitlines()[-1]))
    if chosen.report:
        sys.stdout.write(report(proof, where="in process") + "\n")
    sys.stdout.write(json.dumps(_told(proof)) + "\n")
    return 0 if proof.holds else 1


def _other(number: int, processes: int) -> subprocess.Popen[str]:
    """Another process that takes its share of the cases, on organizations of its own."""
    command = [sys.executable, "-m", "tests.isolation.attempt", "--processes", str(processes), "--share", str(number)]
    return subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)


def _proved(chosen: argparse.Namespace) -> Proof:
    from django.utils import timezone  # noqa: PLC0415  # Django is set up by now

    from apps.isolation.matrix import Plan, prove  # noqa: PLC0415

    plan = Plan(
        disposable=True,
        cases=chosen.cases or None,
        families=frozenset(chosen.family) if chosen.family else None,
        share=(chosen.share, chosen.processes),
        stop=chosen.stop,
    )
    return prove(plan, now=timezone.now(), progress=lambda cases: iter(tqdm(cases, unit="case", disable=None)))


def _told(proof: Proof) -> dict[str, Any]:
    found = [[finding.family, finding.case, finding.problem] for finding in proof.findings]
    return {"tried": proof.tried, "found": found, "gaps": proof.gaps, "changed": proof.changed}


def _add(proof: Proof, told: dict[str, Any]) -> None:
    from apps.isolation.matrix import Finding  # noqa: PLC0415  # Django is set up by now

    proof.tried += Counter(told["tried"])
    proof.findings += [Finding(*found) for found in told["found"]]
    proof.changed += told["changed"]
    proof.gaps += [gap for gap in told["gaps"] if gap not in proof.gaps]


if __name__ == "__main__":
    sys.exit(main())
