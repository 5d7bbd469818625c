from __future__ import annotations

from typing import Any

import pytest
from django.utils import timezone
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from apps.executions.lease import Lease
from apps.executions.selectors import log_chunks, log_entries, log_lines, log_text
from apps.executions.services.logs import LogLine, log_append, log_gap
from apps.executions.tests.conftest import Start, stored
from apps.tenants.context import public_context


def write(lease: Lease, *parts: int) -> Lease:
    """So many lines per chunk; a negative number is a gap of so many."""
    for size in parts:
        if size < 0:
            log_gap(lease, count=-size, reason="cut", now=timezone.now())
        else:
            numbers = range(lease.last_seq + 1, lease.last_seq + size + 1)
            log_append(lease, [LogLine(timezone.now(), "INFO", "stdout", str(n)) for n in numbers], now=timezone.now())
    return lease


def seqs(lease: Lease, **options: Any) -> list[int]:
    entries = log_lines(execution=stored(lease), **options)
    assert all(entry.message == str(entry.seq) for entry in entries)
    return [entry.seq for entry in entries]


def test_it_works(start: Start) -> None:
    lease = write(start(), 3, 1, 5)
    assert seqs(lease) == list(range(1, 10))
    assert seqs(lease, after=2, limit=3) == [3, 4, 5]
    assert seqs(lease, after=9) == []


def test_nothing_said_yet(start: Start) -> None:
    assert seqs(start()) == []


def test_at_most_five_thousand(start: Start) -> None:
    lease = write(start(), 3000, 3000)
    assert seqs(lease, limit=999_999) == list(range(1, 5001))


def test_long_lines_come_in_several_pages(start: Start) -> None:
    """Whatever a robot prints, no answer holds more than some mebibytes, and none is empty before the end."""
    lease = start()
    long = [LogLine(timezone.now(), "INFO", "stdout", "\x01" * 16 * 1024)] * 20
    for _number in range(4):
        log_append(lease, long, now=timezone.now())
    pages, after = [], 0
    while page := log_lines(execution=stored(lease), after=after):
        pages.append(page)
        after = page[-1].seq
    assert [entry.seq for page in pages for entry in page] == list(range(1, 81))
    assert [len(page) for page in pages] == [60, 20]


def test_a_line_longer_than_a_page_comes_alone(start: Start, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("apps.executions.selectors.MAXIMUM_BYTES", 10)
    lease = write(start(), 1, 1, 1)
    assert seqs(lease) == [1]
    assert seqs(lease, after=1) == [2]


def test_a_gap_is_stepped_over(start: Start) -> None:
    lease = write(start(), 2, -10_000, 2)
    assert seqs(lease, limit=3) == [1, 2, 10_003]
    assert seqs(lease, after=500, limit=3) == [10_003, 10_004]


@given(st.lists(st.integers(-5, 6).filter(bool), max_size=8), st.integers(1, 7))
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None, max_examples=40)
def test_page_by_page_is_the_whole(start: Start, parts: list[int], limit: int) -> None:
    lease = write(start(), *parts)
    whole, read, after = seqs(lease), [], 0
    while page := seqs(lease, after=after, limit=limit):
        assert len(page) <= limit
        read += page
        after = page[-1]
    assert read == whole
    chunked, after = [], 0
    while chunks := log_chunks(execution_id=lease.execution_id, after=after, limit=limit):
        chunked += [entry.seq for chunk in chunks for entry in log_entries(chunk, after=after)]
        after = chunks[-1].last_seq
    assert chunked == whole


@pytest.mark.parametrize("after", [0, 900])
def test_a_late_page_costs_what_the_first_costs(start: Start, after: int, django_assert_num_queries: Any) -> None:
    lease = write(start(), *[10] * 100)
    execution = stored(lease)
    with django_assert_num_queries(2):
        assert len(log_lines(execution=execution, after=after, limit=50)) == 50


def test_text(start: Start) -> None:
    lease = write(start(), 2, -3, 1)
    assert "".join(log_text(execution=stored(lease))) == "1\n2\n[3 lines were not kept: cut]\n6\n"


def test_text_may_be_read_after_the_context(start: Start) -> None:
    text = log_text(execution=stored(write(start(), *[1] * 120)))
    with public_context():
        assert "".join(text).count("\n") == 120
