"""Proves on a running installation that organizations are kept apart, and prints a report that a customer can read.

Makes two temporary organizations, lets one try everything against the other, and removes both. Exit code 1 on any leak.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import ExitStack
from typing import Any

import httpx
from django.conf import settings
from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.utils import timezone
from tqdm import tqdm

from apps.isolation.cases.case import Case
from apps.isolation.doors.live import Live
from apps.isolation.matrix import Plan, prove
from apps.isolation.report import report

ENOUGH = 2_500


class Command(BaseCommand):
    help = __doc__

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--url", help="where the installation answers (default: HOST and PORT of the settings)")
        parser.add_argument("--in-process", action="store_true", help="ask no web process; call the handlers here")
        parser.add_argument(
            "--cases", type=int, default=ENOUGH, metavar="N", help=f"about so many (default {ENOUGH:,}; 0 for all)"
        )
        parser.add_argument("--seed", type=int, default=1, help="chooses the cases and their order")

    def handle(self, *args: Any, **options: Any) -> None:
        url = options["url"] or f"http://{settings.ENV.host}:{settings.ENV.port}"
        quiet = options["verbosity"] == 0
        with ExitStack() as open_doors:
            door = None
            if not options["in_process"]:
                self.require_answer(url)
                door = open_doors.enter_context(Live(url))
            plan = Plan(door=door, cases=options["cases"] or None, seed=options["seed"])
            proof = prove(plan, now=timezone.now(), progress=lambda cases: self.progress(cases, quiet=quiet))
        self.stdout.write(report(proof, where="in process" if door is None else url))
        if not proof.holds:
            raise CommandError("organizations are not kept apart, or not all was tried")

    @staticmethod
    def progress(cases: Sequence[Case], *, quiet: bool) -> Iterator[Case]:
        return iter(tqdm(cases, unit="case", disable=True if quiet else None))

    @staticmethod
    def require_answer(url: str) -> None:
        try:
            httpx.get(f"{url}/health", timeout=5).raise_for_status()
        except httpx.HTTPError as error:
            raise CommandError(f"nothing answers at {url}: {error}; start it, or name it with --url") from error
