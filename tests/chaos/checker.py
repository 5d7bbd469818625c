"""What must hold whatever happened, as pure functions over a history. Each returns what is wrong, in words.

The history holds, beside what clients and nemesis noted: ``effect`` (robots, as the world outside saw them), ``seen``
(an execution as the database had it when it changed), ``held`` and ``freed`` (what a worker held when it was hurt, and
when its token was void), ``orphan`` and, at the end, ``final``, ``chunk`` and ``ledger`` rows of the database.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from itertools import pairwise
from statistics import quantiles

from tests.chaos.history import Event

TERMINAL = frozenset({"completed", "failed", "cancelled", "lost"})
RECOVERY_LEASES = 1.5
ENOUGH_RECOVERIES = 2
NOT_THE_ROBOT = ("the sandbox ended", "the robot ended while it started", "the guardian of the robots does not")
"""How a run tells that the guardian was killed, which its sandbox does not outlive, or while it was about to start."""
Check = Callable[[Sequence[Event]], Iterator[str]]


def of_kind(history: Iterable[Event], kind: str) -> list[Event]:
    return [event for event in history if event["kind"] == kind]


def broken_off(history: Sequence[Event]) -> Iterator[str]:
    """The chaos came to its end, and all was read."""
    if not of_kind(history, "ended"):
        last = history[-1]["t"] if history else 0
        yield f"the history breaks off at {last}; nothing can be said of what came of its runs"
    for event in of_kind(history, "unsettled"):
        yield f"{event['unfinished']} runs and {event['held']} leases were left when patience ended"


def lost_runs(history: Sequence[Event]) -> Iterator[str]:
    """Every run that a client was told of is there."""
    there = {final["run"] for final in of_kind(history, "final")}
    for told in of_kind(history, "told"):
        if told.get("run") and told["run"] not in there:
            yield f"run {told['run']} was accepted at {told['t']} and is not there"


def double_runs(history: Sequence[Event]) -> Iterator[str]:
    """One key, one run: whatever was retried, and whoever answered."""
    told: dict[str, set[str]] = defaultdict(set)
    for event in of_kind(history, "told"):
        if event.get("run"):
            told[event["key"]].add(event["run"])
    yield from (f"key {key} was answered with {sorted(runs)}" for key, runs in told.items() if len(runs) > 1)
    made = Counter(final["key"] for final in of_kind(history, "final") if final["key"])
    yield from (f"key {key} made {count} runs" for key, count in made.items() if count > 1)


def unanswered_requests(history: Sequence[Event]) -> Iterator[str]:
    """Whoever asks again and again is answered at last, and a right request is never refused."""
    yield from (f"key {event['key']} was given up: {event['why']}" for event in of_kind(history, "gave_up"))
    for refused in of_kind(history, "refused"):
        yield f"key {refused['key']} was refused with {refused['status']}: {refused['body']}"


def unfinished_runs(history: Sequence[Event]) -> Iterator[str]:
    """Every run that is there has ended, and no ticket is left of it."""
    for final in of_kind(history, "final"):
        if final["status"] not in TERMINAL:
            yield f"run {final['run']} is {final['status']}"
        if final["ticket"]:
            yield f"run {final['run']} is {final['status']} and still has a ticket"


def blamed_robots(history: Sequence[Event]) -> Iterator[str]:
    """These robots never fail by themselves, so a run that failed says that what it ran in has ended."""
    for final in of_kind(history, "final"):
        if final["status"] == "failed" and not final["error"].lower().startswith(NOT_THE_ROBOT):
            yield f"run {final['run']} failed: {final['error']}"


def falling_tokens(history: Sequence[Event]) -> Iterator[str]:
    """A new token means a later attempt, an attempt never comes back, what has ended stays ended, lines only grow."""
    for run, states in _by_run(history, "seen").items():
        for before, after in pairwise(states):
            if _turn(after) < _turn(before):
                yield f"run {run} fell from attempt {_turn(before)} to {_turn(after)}"
            both = before["token"] and after["token"]
            if both and before["token"] != after["token"] and _turn(after) <= _turn(before):
                yield f"run {run} got another token within attempt {_turn(after)}"
            if before["status"] in TERMINAL and after["status"] != before["status"]:
                yield f"run {run} was {before['status']} and became {after['status']}"
            if after["last_seq"] < before["last_seq"]:
                yield f"the log of run {run} shrank from {before['last_seq']} to {after['last_seq']} lines"


def _turn(state: Event) -> int:
    """Rises with every start: a false start takes its attempt back, and is counted."""
    return int(state["attempt"]) + int(state["false_starts"])


def ledger_contradictions(history: Sequence[Event]) -> Iterator[str]:
    """The ledger tells one story: one end, which is the last word, and no start without a word between."""
    finals = {final["run"]: final for final in of_kind(history, "final")}
    for run, told in _by_run(history, "ledger").items():
        names = [event["name"].removeprefix("run.") for event in told]
        ends = [name for name in names if name in TERMINAL]
        status = finals[run]["status"] if run in finals else None
        if status in TERMINAL and ends != [status]:
            yield f"the ledger ends run {run} with {ends}, and it is {status}"
        if ends and names[-1] not in TERMINAL:
            yield f"the ledger goes on after the end of run {run}: {names}"
        if ("started", "started") in set(pairwise(names)):
            yield f"run {run} was started twice in a row: {names}"


def log_gaps(history: Sequence[Event]) -> Iterator[str]:
    """Lines are numbered from 1 without a hole; each life's marks are whole from the first on, and none comes twice."""
    finals = {final["run"]: final for final in of_kind(history, "final")}
    for run, chunks in _by_run(history, "chunk").items():
        expected, marks = 1, []
        for chunk in sorted(chunks, key=lambda chunk: chunk["first_seq"]):
            if chunk["first_seq"] != expected:
                yield f"run {run}: line {expected} is missing or stored twice"
            expected = chunk["last_seq"] + 1
            marks += [line.split()[1:] for line in chunk["lines"] if line.startswith("mark ")]
        if run in finals and finals[run]["last_seq"] != expected - 1:
            yield f"run {run} has {expected - 1} lines, and says {finals[run]['last_seq']}"
        yield from _mark_gaps(run, marks, finals.get(run))


def _mark_gaps(run: str, marks: list[list[str]], final: Event | None) -> Iterator[str]:
    lives: dict[str, list[int]] = defaultdict(list)
    for life, number in marks:
        lives[life].append(int(number))
    for life, numbers in lives.items():
        if numbers != list(range(1, len(numbers) + 1)):
            yield f"run {run}: life {life} wrote {numbers}"
    if final is not None and final["status"] == "completed" and final["lines"]:
        last = marks[-1][0] if marks else ""
        if len(lives.get(last, [])) != final["lines"]:
            yield f"run {run} completed with {len(lives.get(last, []))} of {final['lines']} marks"


def double_lives(history: Sequence[Event]) -> Iterator[str]:
    """A run lives as often as it may, and never twice at the same time."""
    finals = {final["run"]: final for final in of_kind(history, "final")}
    for run, effects in _by_run(history, "effect").items():
        spans: dict[str, list[float]] = defaultdict(list)
        for effect in effects:
            spans[effect["life"]].append(effect["at"])
        allowed = finals[run]["max_attempts"] if run in finals else 1
        if len(spans) > allowed:
            yield f"run {run} lived {len(spans)} times, and may {allowed} times"
        in_order = sorted((min(times), max(times), life) for life, times in spans.items())
        for (_begin, end, first), (begin, _end, second) in pairwise(in_order):
            if begin < end:
                yield f"run {run}: life {second} began {end - begin:.2f} s before the last effect of {first}"
        done = [effect for effect in effects if effect["what"] == "done"]
        if len(done) > allowed:
            yield f"run {run} was done {len(done)} times"


def orphans(history: Sequence[Event]) -> Iterator[str]:
    """No process of a robot outlives its worker."""
    yield from (f"process {event['pid']} was left behind: {event['command']}" for event in of_kind(history, "orphan"))


def slow_recoveries(history: Sequence[Event]) -> Iterator[str]:
    """Of what dead or sleeping workers held, 95 of 100 were taken from them within one and a half leases."""
    lease = next((event["lease"] for event in of_kind(history, "began")), None)
    found = recoveries(history)
    if lease is None or len(found) < ENOUGH_RECOVERIES:
        return
    slowest = percentile_95(found)
    if slowest > RECOVERY_LEASES * lease:
        yield f"recovery took {slowest:.2f} s (p95 of {len(found)}), and may take {RECOVERY_LEASES * lease:.2f} s"


def never_recovered(history: Sequence[Event]) -> Iterator[str]:
    """What a hurt worker held was taken from it at last."""
    freed = {(event["run"], event["token"]) for event in of_kind(history, "freed")}
    for held in of_kind(history, "held"):
        if (held["run"], held["token"]) not in freed:
            yield f"run {held['run']} was never taken from {held['worker']}, which was hurt at {held['t']}"


def recoveries(history: Sequence[Event]) -> list[float]:
    """Seconds from the blow to the moment when the token was void; only where the servers were well all the while."""
    blows = {(event["run"], event["token"]): event for event in of_kind(history, "held")}
    found = []
    for freed in of_kind(history, "freed"):
        blow = blows.get((freed["run"], freed["token"]))
        if blow is not None and not _disturbed(history, blow["t"], freed["t"]):
            found.append(freed["t"] - blow["t"])
    return found


def _disturbed(history: Sequence[Event], start: float, end: float) -> bool:
    """Whether PostgreSQL, or the way to it, was hurt in this time: nobody could have recovered anything then."""
    return any(
        event["begins"] < end and event["ends"] > start
        for event in of_kind(history, "fault")
        if event["servers"] and event.get("ends") is not None
    )


def percentile_95(values: Sequence[float]) -> float:
    return quantiles(values, n=20, method="inclusive")[-1] if len(values) > 1 else values[0]


def _by_run(history: Iterable[Event], kind: str) -> dict[str, list[Event]]:
    found: dict[str, list[Event]] = defaultdict(list)
    for event in history:
        if event["kind"] == kind:
            found[event["run"]].append(event)
    return found


CHECKS: dict[str, Check] = {
    "the history is whole": broken_off,
    "no run is lost": lost_runs,
    "no run is doubled": double_runs,
    "every request is answered": unanswered_requests,
    "every run ends": unfinished_runs,
    "no robot is blamed for harm": blamed_robots,
    "tokens rise": falling_tokens,
    "the ledger tells one story": ledger_contradictions,
    "no log has a gap": log_gaps,
    "no robot lives twice at once": double_lives,
    "no process is left behind": orphans,
    "all is recovered": never_recovered,
    "recovery within 1.5 leases (p95)": slow_recoveries,
}


@dataclass(frozen=True, slots=True)
class Verdict:
    """What each check found, and the figures beside them."""

    problems: dict[str, list[str]]
    figures: dict[str, str] = field(default_factory=dict)

    @property
    def holds(self) -> bool:
        return not any(self.problems.values())


def check(history: Sequence[Event]) -> Verdict:
    """Runs every check."""
    found = recoveries(history)
    finals = of_kind(history, "final")
    statuses = Counter(final["status"] for final in finals)
    faults = Counter(fault["name"] for fault in of_kind(history, "fault"))
    return Verdict(
        {name: list(function(history)) for name, function in CHECKS.items()},
        {
            "faults": f"{sum(faults.values())}: " + ", ".join(f"{name} {n}" for name, n in faults.most_common()),
            "runs": f"{len(finals)}: " + ", ".join(f"{status} {count}" for status, count in statuses.most_common()),
            "requests": str(len(of_kind(history, "asked"))),
            "effects": str(len(of_kind(history, "effect"))),
            "recovery": f"p95 {percentile_95(found):.2f} s, {len(found)} measured" if found else "nothing to measure",
        },
    )
