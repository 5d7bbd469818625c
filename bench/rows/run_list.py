"""The list of 50 runs, made by the product in a process of its own, against the same JSON made by PostgreSQL."""

from __future__ import annotations

import json

from apps.common.testing import eventually
from apps.robots.models import Run
from apps.tenants.context import tenant_context
from bench.figures import Figure, Target
from bench.history import history
from bench.rows.robot_runs import TRIVIAL
from bench.stage import Stage

RUNS = 60_000
TWICE, SAME, PAGES = Target(2), Target(1), Target(1.2)
SECONDS = 120


def measure(stage: Stage) -> list[Figure]:
    robot = stage.robot(TRIVIAL)
    with tenant_context(stage.organization):
        history(robot, RUNS - Run.objects.count())  # rows before this one have left some
    measured = stage.files / "server_time.json"
    with stage.program(
        "bench.server_time",
        str(measured),
        DJANGO_SETTINGS_MODULE="bench.settings",
        BENCH_TOKEN=stage.token,
        BENCH_SCHEMA=stage.schema,
    ) as process:
        eventually(lambda: not process.running, seconds=SECONDS, interval=0.1)
        if process.wait() != 0:
            raise RuntimeError(process.output()[-4000:])
    rounds = json.loads(measured.read_text("utf-8"))
    note = f"of {RUNS:,} runs"
    return [
        Figure("run-list", "ms", TWICE, rounds["page"], rounds["page_plain"], f"{note}, which both sides count"),
        Figure("run-list-cursor", "ms", TWICE, rounds["cursor"], rounds["cursor_plain"], f"{note}, nobody counts"),
        Figure("run-list-queries", "queries", SAME, rounds["queries"], rounds["queries_of_few"], "for 50 runs, for 5"),
        Figure("run-list-page-1000", "ms", PAGES, rounds["far_cursor"], rounds["page"], "by cursor, as clients go on"),
        Figure("run-list-page-number", "ms", PAGES, rounds["far_page"], rounds["page"], "by page=1000"),
    ]
