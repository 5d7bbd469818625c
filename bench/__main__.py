"""``python -m bench [row …]``: measures the rows named, or all, and writes bench/results.json."""

from __future__ import annotations

import argparse
import importlib
import json
import shutil
import signal
import sys
import tempfile
import time
import traceback
from collections.abc import Callable, Sequence
from contextlib import ExitStack
from pathlib import Path
from typing import TYPE_CHECKING, Any

from bench.figures import Figure
from bench.servers import main_servers
from bench.table import table

if TYPE_CHECKING:
    from bench.stage import Stage

RESULTS = Path(__file__).parent / "results.json"
ROWS = (
    "robot_runs",
    "start_latency",
    "noop_throughput",
    "log_latency",
    "log_throughput",
    "viewers",
    "api_empty",
    "run_list",
    "big_organization",
    "token_check",
    "sign_in",
    "sign_in_organizations",
    "organizations",
    "migrate",
    "many_schemas",
)
MEASURED_WITH = {
    "viewers_stalled": "viewers",
    "run_list_cursor": "run_list",
    "run_list_queries": "run_list",
    "run_list_page_1000": "run_list",
    "run_list_page_number": "run_list",
    "people_list": "big_organization",
    "people_search": "big_organization",
    "people_check": "big_organization",
    "grants_check": "big_organization",
    "grants_check_queries": "big_organization",
    "sign_in_10000_organizations": "sign_in_organizations",
    "organization_cold": "organizations",
    "organization_spare": "organizations",
    "many_schemas_p95": "many_schemas",
    "many_schemas_memory": "many_schemas",
}
"""Rows of the table by the name of what measures them, where that is another."""
MOST_ATTEMPTS = 2
AGAIN_WITHIN_SECONDS = 600.0  # a row is not measured again when that would make the whole too long


def tell(text: str) -> None:
    """Progress goes to the terminal at once, whatever collects the output."""
    sys.stdout.write(f"{text}\n")
    sys.stdout.flush()


def main(arguments: Sequence[str]) -> int:
    """The exit code says whether every row could be measured, not whether it met its target."""
    names = _chosen(arguments)
    began = time.monotonic()
    signal.signal(signal.SIGTERM, _interrupted)
    figures: list[Figure] = []
    broken: list[str] = []
    with ExitStack() as undo:
        stage = _stage(undo)
        for name in names:
            try:
                figures += _measured(name, stage, again_until=began + AGAIN_WITHIN_SECONDS)
            except Exception:  # noqa: BLE001  # a row that breaks must not hide the others
                tell(f"{name}: could not be measured\n{traceback.format_exc()}")
                broken.append(name)
            finally:
                stage.live.end()
    _write(figures)
    tell(f"\n{table(figures)}\n")
    if broken:
        tell(f"Not measured: {', '.join(broken)}")
    return 1 if broken else 0


def _chosen(arguments: Sequence[str]) -> list[str]:
    parser = argparse.ArgumentParser(prog="bench", description=__doc__)
    parser.add_argument("rows", nargs="*", metavar="row", help=f"of the table, or any of: {', '.join(ROWS)}")
    given = [name.replace("-", "_") for name in parser.parse_args(arguments).rows]
    wanted = [MEASURED_WITH.get(name, name) for name in given]
    if strange := sorted({*wanted} - {*ROWS}):
        parser.error(f"no such row: {', '.join(strange)}; there are {', '.join(ROWS)}")
    return [name for name in ROWS if name in wanted or not wanted]


def _interrupted(_number: int, _frame: Any) -> None:
    raise KeyboardInterrupt


def _stage(undo: ExitStack) -> Stage:
    """Servers, then Django, then the organization: each needs the one before."""
    began = time.monotonic()
    tell("Preparing servers and an organization")
    servers = undo.enter_context(main_servers())
    import django  # noqa: PLC0415  # it reads the environment of the servers

    django.setup()
    from django.core.management import call_command  # noqa: PLC0415  # Django is set up by now

    from bench.stage import make_stage  # noqa: PLC0415  # same

    call_command("migrate_organizations", verbosity=0)
    directory = Path(tempfile.mkdtemp(prefix="oficina-bench-"))
    undo.callback(shutil.rmtree, directory, ignore_errors=True)
    stage = make_stage(servers, directory)
    undo.callback(stage.live.end)
    tell(f"  ready after {time.monotonic() - began:.0f} s")
    return stage


def _measured(name: str, stage: Stage, *, again_until: float) -> list[Figure]:
    """A row; measured again when its baseline moved, for that says nothing about the product."""
    measure: Callable[[Stage], list[Figure]] = importlib.import_module(f"bench.rows.{name}").measure
    for attempt in range(1, MOST_ATTEMPTS + 1):
        began = time.monotonic()
        figures = measure(stage)
        for figure in figures:
            tell(f"{figure.row}: {_summary(figure)} ({time.monotonic() - began:.0f} s)")
        if not any(figure.void for figure in figures) or attempt == MOST_ATTEMPTS or time.monotonic() > again_until:
            break
        tell(f"{name}: its baseline moved; once more")
    return figures


def _summary(figure: Figure) -> str:
    measured = f"{figure.value:.4g} {figure.unit}"
    if figure.ratio is not None:
        measured += f" against {figure.baseline:.4g}, {figure.ratio:.2f}×"
    return f"{measured}, target {figure.target}: {figure.verdict}"


def _write(figures: Sequence[Figure]) -> None:
    """Rows that were not asked for keep what was measured before."""
    known = {row["row"]: row for row in (json.loads(RESULTS.read_text("utf-8")) if RESULTS.exists() else [])}
    known |= {figure.row: figure.as_json() for figure in figures}
    RESULTS.write_text(json.dumps(list(known.values()), indent=2, ensure_ascii=False) + "\n", encoding="utf-8")


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
