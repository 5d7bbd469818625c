from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest
from django.db import IntegrityError, transaction
from django.utils import timezone
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from apps.executions.errors import LeaseLost
from apps.executions.models import Execution, LogChunk
from apps.executions.selectors import log_lines
from apps.executions.services.logs import LogLine, log_append, log_gap
from apps.executions.services.transitions import execution_finish
from apps.executions.tests.conftest import DONE, Start, steal, stored
from apps.executions.wakeups import execution_group

NOON = datetime(2026, 1, 1, 12, tzinfo=UTC)


def line(message: str) -> LogLine:
    return LogLine(NOON, "INFO", "stdout", message)


def test_it_works(start: Start, woken: list[Any]) -> None:
    lease = start()
    assert log_append(lease, [line("one"), line("two")], now=timezone.now()) == 2
    assert log_append(lease, [line("three")], now=timezone.now()) == 3
    entries = log_lines(execution=stored(lease))
    assert [(entry.seq, entry.message) for entry in entries] == [(1, "one"), (2, "two"), (3, "three")]
    assert (entries[0].timestamp, entries[0].level, entries[0].stream) == (NOON.isoformat(), "INFO", "stdout")
    assert stored(lease).last_seq == lease.last_seq == 3
    assert woken[-1] == (
        execution_group(lease.execution_id),
        {
            "type": "execution.log",
            "first_seq": 3,
            "last_seq": 3,
            "lines": [[NOON.isoformat(), "INFO", "stdout", "three"]],
        },
    )


def test_no_lines_write_nothing(start: Start, django_assert_num_queries: Any) -> None:
    lease = start()
    with django_assert_num_queries(0):
        assert log_append(lease, [], now=timezone.now()) == 0


def test_one_statement(start: Start, django_assert_num_queries: Any) -> None:
    lease = start()
    with django_assert_num_queries(1):
        log_append(lease, [line("one")] * 200, now=timezone.now())


@given(st.lists(st.text(st.characters(exclude_categories=())), min_size=1, max_size=5))
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None, max_examples=60)
def test_any_text_is_stored(start: Start, messages: list[str]) -> None:
    lease = start()
    log_append(lease, [line(message) for message in messages], now=timezone.now())
    kept = [entry.message for entry in log_lines(execution=stored(lease))]
    assert kept == [m.replace("\x00", "").encode("utf-8", "replace").decode() for m in messages]


def test_large_chunks_are_fetched_not_sent(start: Start, woken: list[Any]) -> None:
    lease = start()
    log_append(lease, [line("x" * 16384)] * 20, now=timezone.now())
    assert woken[-1][1]["lines"] == []
    assert woken[-1][1]["last_seq"] == 20


def test_not_without_the_lease(start: Start, woken: list[Any]) -> None:
    lease = start()
    steal(lease)
    with pytest.raises(LeaseLost):
        log_append(lease, [line("late")], now=timezone.now())
    assert not LogChunk.objects.filter(execution_id=lease.execution_id).exists()
    assert (lease.last_seq, stored(lease).last_seq) == (0, 0)
    assert not woken


def test_not_after_the_end(start: Start) -> None:
    lease = start()
    execution_finish(lease, DONE, now=timezone.now())
    with pytest.raises(LeaseLost):
        log_append(lease, [line("late")], now=timezone.now())


def test_again_after_the_answer_was_lost(start: Start) -> None:
    lease = start()
    log_append(lease, [line("one")], now=timezone.now())
    lease.last_seq = 0
    log_append(lease, [line("one")], now=timezone.now())
    assert [entry.message for entry in log_lines(execution=stored(lease))] == ["one"]


def test_a_gap_in_numbers_is_impossible(start: Start) -> None:
    lease = start()
    lease.last_seq = 5
    with pytest.raises(LeaseLost):
        log_append(lease, [line("six")], now=timezone.now())


def test_a_double_is_refused_by_the_database(start: Start) -> None:
    lease = start()
    log_append(lease, [line("one")], now=timezone.now())
    with pytest.raises(IntegrityError), transaction.atomic():
        LogChunk.objects.create(execution_id=lease.execution_id, first_seq=1, last_seq=1, lines=[])


def test_gap(start: Start, woken: list[Any]) -> None:
    lease = start()
    log_append(lease, [line("one")], now=timezone.now())
    assert log_gap(lease, count=1000, reason="too long", now=timezone.now()) == 1001
    log_append(lease, [line("last")], now=timezone.now())
    assert [(entry.seq, entry.message) for entry in log_lines(execution=stored(lease))] == [(1, "one"), (1002, "last")]
    assert stored(lease).log_truncated
    assert woken[-2][1] == {"type": "execution.log", "first_seq": 2, "last_seq": 1001, "lines": []}


@pytest.mark.parametrize(("count", "reason"), [(0, "none"), (1, "")])
def test_gap_needs_lines_and_a_reason(start: Start, count: int, reason: str) -> None:
    with pytest.raises(ValueError, match="a gap has"):
        log_gap(start(), count=count, reason=reason, now=timezone.now())


def test_gap_not_without_the_lease(start: Start) -> None:
    lease = start()
    steal(lease)
    with pytest.raises(LeaseLost):
        log_gap(lease, count=1, reason="r", now=timezone.now())
    assert not Execution.objects.get(pk=lease.execution_id).log_truncated
