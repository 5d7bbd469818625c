"""The checker can fail: each law has a history that breaks it, and one that only looks as if it did."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import pytest

from tests.chaos import checker
from tests.chaos.history import Event

RUN, OTHER, KEY = "run-1", "run-2", "key-1"


def event(kind: str, t: float = 0.0, **facts: Any) -> Event:
    return {"kind": kind, "t": t, **facts}


def final(run: str = RUN, **facts: Any) -> Event:
    usual = {"key": KEY, "lines": 2, "status": "completed", "attempt": 1, "max_attempts": 1, "last_seq": 2}
    return event("final", 90, run=run, **{**usual, "ticket": False, "error": "", **facts})


def seen(t: float, status: str, attempt: int, token: str | None, last_seq: int = 0, false_starts: int = 0) -> Event:
    facts = {"attempt": attempt, "token": token, "last_seq": last_seq, "false_starts": false_starts}
    return event("seen", t, run=RUN, status=status, **facts)


def chunk(first: int, *lines: str, last: int | None = None) -> Event:
    last_seq = first + len(lines) - 1 if last is None else last
    return event("chunk", 91, run=RUN, first_seq=first, last_seq=last_seq, lines=list(lines))


def ledger(*names: str) -> list[Event]:
    return [event("ledger", 92, run=RUN, name=f"run.{name}") for name in names]


def effect(at: float, life: str, what: str = "line", number: int = 1) -> Event:
    return event("effect", at, run=RUN, life=life, what=what, number=number, at=at)


def fault(begins: float, ends: float, *, servers: bool) -> Event:
    return event("fault", ends, name="any", begins=begins, ends=ends, servers=servers)


def held(t: float, token: str = "a") -> Event:
    return event("held", t, run=RUN, token=token, worker="worker0/1")


def freed(t: float, token: str = "a") -> Event:
    return event("freed", t, run=RUN, token=token)


TOLD = event("told", 1, key=KEY, run=RUN, replayed=False)
BEGAN = event("began", 0, seed=1, lease=2.0, faults=1)
ENDED = event("ended", 99)
WHOLE = [chunk(1, "mark aa 1", "mark aa 2")]
RECOVERED = [e for number in range(20) for e in (held(number, f"{number}"), freed(number + 1.9, f"{number}"))]

GOOD: dict[str, list[Event]] = {
    "a run that was told of": [event("asked", 0, key=KEY), TOLD, final()],
    "the same answer twice": [TOLD, event("told", 2, key=KEY, run=RUN, replayed=True), final()],
    "runs without a key": [final(key=""), final(OTHER, key="")],
    "a second attempt": [
        seen(1, "pending", 0, None),
        seen(2, "running", 1, "a", 3),
        seen(3, "pending", 1, None, 3),
        seen(4, "running", 2, "b", 5),
        seen(5, "completed", 2, "b", 5),
    ],
    "a false start": [
        seen(1, "running", 1, "a"),
        seen(2, "pending", 0, None, false_starts=1),
        seen(3, "running", 1, "b", false_starts=1),
    ],
    "a story of two attempts": [final(), *ledger("queued", "started", "retried", "started", "completed")],
    "a whole log": [final(), *WHOLE],
    "a log of two lives": [
        final(last_seq=3, max_attempts=2),
        chunk(1, "mark aa 1"),
        chunk(2, "mark bb 1", "mark bb 2"),
    ],
    "a log cut short by the end": [final(status="lost", last_seq=1), chunk(1, "mark aa 1")],
    "a run whose guardian was killed": [final(status="failed", error="The sandbox ended without a result")],
    "a run whose guardian was killed too early": [final(status="failed", error="the sandbox ended while it started")],
    "a log of other lines": [final(lines=0, last_seq=1), chunk(1, "Traceback")],
    "two lives, one after the other": [
        final(max_attempts=2),
        effect(1, "aa"),
        effect(2, "aa"),
        effect(3, "bb"),
        effect(4, "bb", "done"),
    ],
    "quick recoveries": [BEGAN, *RECOVERED],
    "a slow one while PostgreSQL was away": [BEGAN, fault(1, 9, servers=True), held(0.5), freed(9.5), *RECOVERED],
}

BAD: dict[str, tuple[str, list[Event]]] = {
    "patience that ended": ("the history is whole", [event("unsettled", 300, unfinished=1, held=0)]),
    "a robot that fails": (
        "no robot is blamed for harm",
        [final(status="failed", error="Process returned exit code 1")],
    ),
    "a run that is gone": ("no run is lost", [TOLD]),
    "one key, two answers": (
        "no run is doubled",
        [TOLD, event("told", 2, key=KEY, run=OTHER, replayed=False), final(), final(OTHER, key="")],
    ),
    "one key, two runs": ("no run is doubled", [TOLD, final(), final(OTHER)]),
    "a question without an answer": ("every request is answered", [event("gave_up", 60, key=KEY, why="ReadTimeout")]),
    "a refusal": ("every request is answered", [event("refused", 1, key=KEY, status=422, body="{}")]),
    "a run without an end": ("every run ends", [final(status="running")]),
    "a ticket of nothing": ("every run ends", [final(ticket=True)]),
    "an attempt that comes back": ("tokens rise", [seen(1, "running", 2, "b"), seen(2, "running", 1, "a")]),
    "two tokens in one attempt": ("tokens rise", [seen(1, "running", 1, "a"), seen(2, "running", 1, "b")]),
    "an end that is none": ("tokens rise", [seen(1, "lost", 1, None), seen(2, "completed", 1, "a")]),
    "a log that shrinks": ("tokens rise", [seen(1, "running", 1, "a", 5), seen(2, "running", 1, "a", 4)]),
    "two ends": ("the ledger tells one story", [final(), *ledger("started", "lost", "completed")]),
    "another end": ("the ledger tells one story", [final(), *ledger("started", "failed")]),
    "a word after the last": ("the ledger tells one story", [final(), *ledger("started", "completed", "started")]),
    "two starts in a row": ("the ledger tells one story", [final(), *ledger("started", "started", "completed")]),
    "a line that is missing": ("no log has a gap", [final(last_seq=3), chunk(1, "mark aa 1"), chunk(3, "mark aa 2")]),
    "a line that is there twice": ("no log has a gap", [final(), *WHOLE, chunk(2, "mark aa 2")]),
    "a log shorter than it says": ("no log has a gap", [final(last_seq=9), *WHOLE]),
    "a mark that is missing": ("no log has a gap", [final(), chunk(1, "mark aa 1", "mark aa 3")]),
    "an end without the last mark": ("no log has a gap", [final(last_seq=1), chunk(1, "mark aa 1")]),
    "a life too many": ("no robot lives twice at once", [final(), effect(1, "aa"), effect(2, "bb")]),
    "two lives at once": (
        "no robot lives twice at once",
        [final(max_attempts=3), effect(1, "aa"), effect(2, "bb"), effect(3, "aa")],
    ),
    "an orphan": ("no process is left behind", [event("orphan", 5, pid=7, command="python main.py")]),
    "what nobody recovers": ("all is recovered", [held(1)]),
    "what another token's end recovers": ("all is recovered", [held(1, "a"), freed(2, "b")]),
    "slow recoveries": (
        "recovery within 1.5 leases (p95)",
        [BEGAN, *(e for number in range(9) for e in (held(number, f"{number}"), freed(number + 3.1, f"{number}")))],
    ),
    "a slow one while only Redis was away": (
        "recovery within 1.5 leases (p95)",
        [BEGAN, fault(0, 9, servers=False), held(0.5), freed(9.5), held(1, "b"), freed(9.8, "b")],
    ),
}


@pytest.mark.parametrize("history", GOOD.values(), ids=GOOD)
def test_it_works(history: Sequence[Event]) -> None:
    verdict = checker.check([*history, ENDED])
    assert verdict.holds, verdict.problems


@pytest.mark.parametrize(("law", "history"), BAD.values(), ids=BAD)
def test_it_finds(law: str, history: Sequence[Event]) -> None:
    broken = {name for name, problems in checker.check([*history, ENDED]).problems.items() if problems}
    assert broken == {law}


def test_a_history_that_breaks_off_proves_nothing() -> None:
    assert not checker.check([BEGAN, TOLD, final()]).holds


def test_every_law_has_a_history_that_breaks_it() -> None:
    assert {law for law, _history in BAD.values()} == set(checker.CHECKS)
