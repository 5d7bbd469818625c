"""The whole matrix: everything that is tried, in an order that finds things early, and what came of it."""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime
from itertools import chain
from unittest.mock import patch
from uuid import uuid4

from django.conf import settings
from django.db import connection

from apps.common import limits
from apps.isolation.cases.api import api_cases, api_subjects
from apps.isolation.cases.broken import broken_cases
from apps.isolation.cases.case import Case, HttpCase
from apps.isolation.cases.database import database_cases
from apps.isolation.cases.forms import form_cases
from apps.isolation.cases.names import name_cases
from apps.isolation.cases.objects import object_cases
from apps.isolation.cases.pages import FAMILY as PAGES
from apps.isolation.cases.pages import page_cases
from apps.isolation.cases.sign_in import sign_in_cases
from apps.isolation.cases.sockets import socket_cases
from apps.isolation.cases.tasks import task_cases
from apps.isolation.coverage import gaps_of
from apps.isolation.doors.in_process import InProcess, connection_kept
from apps.isolation.doors.wire import Door
from apps.isolation.side import Side
from apps.isolation.staging.stage import Stage, staged
from apps.isolation.state import changes, state_of
from apps.isolation.watching import Lines, lines_logged
from apps.tenants.context import current_schema, tenant_context
from apps.tenants.naming import PUBLIC

UNLIMITED = "1000000/second"
Progress = Callable[[Sequence[Case]], Iterator[Case]]


@dataclass(frozen=True, slots=True)
class Finding:
    """A case that did not go as it must."""

    family: str
    case: str
    problem: str


@dataclass(slots=True)
class Proof:
    """What was tried and what came of it."""

    began: datetime
    generated: int = 0
    tried: Counter[str] = field(default_factory=Counter)
    findings: list[Finding] = field(default_factory=list)
    gaps: list[str] = field(default_factory=list)
    changed: list[str] = field(default_factory=list)
    kinds: int = 0
    rows: int = 0
    files: int = 0

    @property
    def holds(self) -> bool:
        return not (self.findings or self.gaps or self.changed)

    def leaks_by_family(self) -> Counter[str]:
        return Counter(finding.family for finding in self.findings)


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """How much is tried. ``door`` leads to a running installation; without it all happens in this process."""

    door: Door | None = None
    disposable: bool = False
    """The database is thrown away afterwards: the platform's administrator and its ticks are tried as well."""
    cases: int | None = None
    """About so many, each part of the surface first; None for all, 0 to look at the surface alone."""
    families: frozenset[str] | None = None
    seed: int = 1
    share: tuple[int, int] = (0, 1)
    """Which part of how many: several processes may divide the cases among themselves."""
    stop: bool = False
    """End with the first finding."""


def prove(plan: Plan, *, now: datetime, progress: Progress = iter) -> Proof:
    """Makes two organizations, lets one try everything against the other, and removes both."""
    proof = Proof(now)
    with _quiet() as lines, staged(now=now, disposable=plan.disposable) as stage:
        proof.gaps += stage.gaps
        inside = InProcess(lines=lines, schema=stage.victim.schema)
        cases = list(_cases(stage, inside, lines, proof.gaps, plan=plan, now=now))
        if plan.families is None:
            proof.gaps += gaps_of(cases, stage.victim, tasks=plan.disposable, words=_words(stage.victim))
        proof.generated = len(cases)
        before = state_of(stage.victim.schema)
        proof.kinds, proof.rows = len(stage.victim.rows), sum(map(len, stage.victim.rows.values()))
        proof.files = sum(name.startswith("file ") for name in before)
        for case in progress(chosen(cases, plan)[plan.share[0] :: plan.share[1]]):
            proof.tried[case.family] += 1
            proof.findings += [
                Finding(case.family, case.name, problem) for problem in _problems(case, plan.door or inside, inside)
            ]
            if plan.stop and proof.findings:
                break
        proof.changed = changes(before, state_of(stage.victim.schema))
    return proof


def _cases(
    stage: Stage, inside: InProcess, lines: Lines, gaps: list[str], *, plan: Plan, now: datetime
) -> Iterator[Case]:
    subjects = api_subjects(stage, gaps)
    families: dict[str, Callable[[], Iterator[Case]]] = {
        "api": lambda: api_cases(stage, subjects, now=now),
        "sign-in": lambda: chain(sign_in_cases(stage, subjects), form_cases(stage)),
        "pages": lambda: page_cases(stage, gaps),
        "live": lambda: socket_cases(stage, gaps, now=now),
        "tasks": lambda: task_cases(stage, gaps, lines=lines, disposable=plan.disposable),
        "database": lambda: database_cases(stage),
        "objects": lambda: object_cases(stage),
        "names": lambda: name_cases(stage),
        "broken middleware": lambda: broken_cases(stage, inside),
    }
    for family, cases in families.items():
        if plan.families is None or family in plan.families:
            yield from cases()


def _problems(case: Case, door: Door, inside: InProcess) -> Iterator[str]:
    """Requests that only a door may send that undoes them are sent inside. Every case ends where it began."""
    undone = isinstance(case, HttpCase) and case.undone_only and not door.undoes
    try:
        yield from case.problems(inside if undone else door)
    except Exception as error:  # noqa: BLE001  # whatever it is, this case did not end as it must, and others go on
        yield f"broke with {type(error).__name__}: {error}"
    if current_schema() != PUBLIC:
        yield f"the context {current_schema()} was left behind"
        connection.close()


def chosen(cases: list[Case], plan: Plan) -> list[Case]:
    """All of them or a sample, in an order made by the seed: one for each part of the surface first, to find early.

    A sample begins with one of each family, which has several parts, for it may be smaller than the parts are many.
    """
    chance = random.Random(plan.seed)  # noqa: S311  # an order, no secret
    wanted = list(cases)
    chance.shuffle(wanted)
    parts = _one_of_each(wanted, lambda case: (case.family, case.covers, case.facet))
    if plan.cases is None:
        return _unique([*sorted(parts, key=lambda case: case.family == PAGES), *wanted])
    return _unique([*_one_of_each(parts, lambda case: case.family), *parts, *wanted])[: plan.cases]


def _unique(cases: Iterable[Case]) -> list[Case]:
    return _one_of_each(cases, id)


def _one_of_each(cases: Iterable[Case], kind: Callable[[Case], object]) -> list[Case]:
    first: dict[object, Case] = {}
    for case in cases:
        first.setdefault(kind(case), case)
    return list(first.values())


def _words(side: Side) -> dict[str, bool]:
    """Whether any row of a model holds the organization's word."""
    found = {}
    pattern = f"%{side.furnishing.shown.word}%"
    with tenant_context(side.organization), connection.cursor() as cursor:
        for model in side.rows:
            cursor.execute(
                f'SELECT EXISTS (SELECT FROM "{model._meta.db_table}" t WHERE lower(t::text) LIKE %s)', [pattern]
            )
            found[model._meta.label] = cursor.fetchone()[0]
    return found


@contextmanager
def _quiet() -> Iterator[Lines]:
    """No limits of rates and lives in this process, its log collected, its connection kept between requests."""
    changed = {name: UNLIMITED for name in type(settings.ENV).model_fields if name.startswith("rate_limit_")}
    env = settings.ENV.model_copy(
        update={**changed, "access_token_seconds": 86_400, "socket_ticket_seconds": 3_600, "tenant_spares": 0}
    )
    with (
        patch.object(settings, "ENV", env),
        patch.object(limits, "namespace", uuid4().hex),
        connection_kept(),
        lines_logged() as lines,
    ):
        yield lines
