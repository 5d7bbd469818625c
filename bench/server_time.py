"""``python -m bench.server_time FILE``: how long this process works for a list of runs, and for the same by SQL.

The request goes through the whole WSGI application, the answer's bytes included; only the network is left out.
"""

from __future__ import annotations

import json
import os
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import orjson
import psycopg
from django.db import connection  # Django is set up by now
from django.test.utils import CaptureQueriesContext

from bench.plain.run_list import plain_answer
from bench.rounds import ROUNDS
from bench.statistics import median
from bench.wsgi import answered

SAMPLES = 15
LIMIT, FEW, FAR = 50, 5, 1000


def answer_to(query: str) -> dict[str, Any]:
    """What the product answers to ``GET /api/v1/runs?query``."""
    return orjson.loads(body_of(query))  # type: ignore[no-any-return]  # an object, as all answers


def body_of(query: str) -> bytes:
    return answered("/api/v1/runs", query, token=os.environ["BENCH_TOKEN"])


def queries_for(query: str) -> int:
    with CaptureQueriesContext(connection) as captured:
        body_of(query)
    return len(captured)


def main(file: Path) -> None:
    """Samples of everything in turns; each round's figure is the median of its samples."""
    first = f"page=1&limit={LIMIT}"
    far = f"page={FAR}&limit={LIMIT}"
    cursor = f"cursor={answer_to(first)['pagination']['next_cursor']}&limit={LIMIT}"
    before_far = answer_to(f"page={FAR - 1}&limit={LIMIT}")["pagination"]["next_cursor"]
    far_cursor = f"cursor={before_far}&limit={LIMIT}"
    last_of_first = answer_to(first)["runs"][-1]["id"]
    with psycopg.connect(os.environ["DATABASE_URL"], autocommit=True) as plain:
        plain.execute(f'SET search_path = "{os.environ["BENCH_SCHEMA"]}"')
        _same(answer_to(first), plain_answer(plain, limit=LIMIT))
        _same(answer_to(cursor), plain_answer(plain, limit=LIMIT, after=last_of_first))
        measured: dict[str, Callable[[], object]] = {
            "page": lambda: body_of(first),
            "page_plain": lambda: plain_answer(plain, limit=LIMIT),
            "cursor": lambda: body_of(cursor),
            "cursor_plain": lambda: plain_answer(plain, limit=LIMIT, after=last_of_first),
            "far_cursor": lambda: body_of(far_cursor),
            "far_page": lambda: body_of(far),
        }
        for warm_up in measured.values():
            warm_up()
        rounds: dict[str, list[float]] = {name: [] for name in measured}
        for _round in range(ROUNDS):
            for name, samples in _in_turns(measured).items():
                rounds[name].append(median(samples))
    rounds["queries"] = [queries_for(first)]
    rounds["queries_of_few"] = [queries_for(f"page=1&limit={FEW}")]
    file.write_text(json.dumps(rounds), encoding="utf-8")


def _in_turns(measured: dict[str, Callable[[], object]]) -> dict[str, list[float]]:
    """Milliseconds of each, so many times, one after the other."""
    samples: dict[str, list[float]] = {name: [] for name in measured}
    for _sample in range(SAMPLES):
        for name, measure in measured.items():
            began = time.perf_counter()
            measure()
            samples[name].append(1000 * (time.perf_counter() - began))
    return samples


def _same(ours: dict[str, Any], plain: bytes) -> None:
    """The baseline is honest only if it says the same."""
    theirs = orjson.loads(plain)
    if ours["runs"] != theirs["runs"] or ours["pagination"]["total"] != theirs["total"]:
        raise RuntimeError(f"the baseline answers something else:\n{ours['runs'][0]}\n{theirs['runs'][0]}")


if __name__ == "__main__":
    main(Path(sys.argv[1]))
