from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from apps.robots.supervision.log import Batches, Log, LogLimits
from apps.robots.supervision.records import Level, Progress, Stream
from apps.robots.tests.running import Recorder

MANY = LogLimits(head_lines=10**9, head_bytes=10**12)


class Clock:
    now = 100.0

    def __call__(self) -> float:
        return self.now


def log_into(
    sink: Recorder, limits: LogLimits = MANY, batches: Batches | None = None, clock: Clock | None = None
) -> Log:
    return Log(sink, limits=limits, batches=batches or Batches(), first_seq=1, clock=clock or Clock())


def numbered(first: int, last: int) -> list[bytes]:
    return [f"line {number}".encode() for number in range(first, last + 1)]


def test_it_works() -> None:
    sink = Recorder()
    log = log_into(sink)
    log.take([b"a", b"::warning::b"], Stream.STDOUT)
    log.take([b"c"], Stream.STDERR)
    log.finish()
    assert [(line.seq, line.level, line.stream, line.message) for line in sink.lines] == [
        (1, Level.INFO, Stream.STDOUT, "a"),
        (2, Level.WARNING, Stream.STDOUT, "b"),
        (3, Level.ERROR, Stream.STDERR, "c"),
    ]
    assert log.last_seq == 3
    assert log.last_lines == ("a", "b", "c")
    assert not log.truncated


def test_lines_wait_for_company_but_not_long() -> None:
    sink, clock = Recorder(), Clock()
    log = log_into(sink, clock=clock)
    assert log.next_flush() is None
    log.take([b"a"], Stream.STDOUT)
    assert log.next_flush() == clock.now + 0.05
    clock.now += 0.04
    log.take([b"b"], Stream.STDOUT)
    log.flush_if_due()
    assert not sink.lines
    clock.now += 0.02
    log.flush_if_due()
    assert sink.batches == [2]


def test_two_hundred_lines_go_at_once() -> None:
    sink = Recorder()
    log = log_into(sink)
    log.take(numbered(1, 450), Stream.STDOUT)
    assert sink.batches == [200, 200]
    log.finish()
    assert sink.batches == [200, 200, 50]


def test_large_lines_go_in_smaller_batches() -> None:
    sink = Recorder()
    log_into(sink, batches=Batches(bytes=1_000)).take([b"x" * 600] * 4, Stream.STDOUT)
    assert sink.batches == [2, 2]


def test_progress_is_no_line_and_told_at_intervals() -> None:
    sink, clock = Recorder(), Clock()
    log = log_into(sink, clock=clock)
    for done in range(10):
        log.take([f"::progress done={done}::".encode()], Stream.STDOUT)
        log.flush_if_due()
        clock.now += 1 / 16
    assert [progress.done for progress in sink.progresses] == [0, 4, 8]
    log.finish()
    assert sink.progresses[-1] == Progress(9)
    assert log.last_seq == 0


def test_a_huge_log_keeps_head_and_tail() -> None:
    sink = Recorder()
    log = log_into(sink, LogLimits(head_lines=10, tail_lines=5))
    for number in range(1, 101):
        log.take(numbered(number, number), Stream.STDOUT)
    assert len(sink.lines) == 0
    log.finish()
    assert [line.seq for line in sink.lines] == [*range(1, 11), *range(96, 101)]
    assert all(line.message == f"line {line.seq}" for line in sink.lines)
    assert [gap[:2] for gap in sink.gaps] == [(11, 95)]
    assert log.truncated
    assert log.last_seq == 100


def test_a_log_that_just_fits_has_no_gap() -> None:
    sink = Recorder()
    log = log_into(sink, LogLimits(head_lines=10, tail_lines=5))
    log.take(numbered(1, 15), Stream.STDOUT)
    log.finish()
    assert [line.seq for line in sink.lines] == list(range(1, 16))
    assert not sink.gaps


def test_bytes_that_are_no_text_count_as_what_is_kept_of_them() -> None:
    sink = Recorder()
    log = log_into(sink, LogLimits(head_bytes=100, tail_bytes=50))
    log.take([b"\xff" * 10] * 20, Stream.STDOUT)
    log.finish()
    assert sink.gaps[0][:2] == (4, 19)
    assert sum(len(line.message.encode()) for line in sink.lines) == 120


def test_bytes_count_too() -> None:
    sink = Recorder()
    log = log_into(sink, LogLimits(head_bytes=100, tail_bytes=50))
    log.take([b"x" * 30] * 20, Stream.STDOUT)
    log.finish()
    assert [line.seq for line in sink.lines] == [1, 2, 3, 20]
    assert [gap[:2] for gap in sink.gaps] == [(4, 19)]


def test_progress_is_heard_in_the_part_that_is_cut() -> None:
    sink = Recorder()
    log = log_into(sink, LogLimits(head_lines=1, tail_lines=2))
    log.take([b"a", b"b", b"::progress done=7::", b"c", b"d"], Stream.STDOUT)
    log.finish()
    assert [(line.seq, line.message) for line in sink.lines] == [(1, "a"), (3, "c"), (4, "d")]
    assert sink.progresses == [Progress(7)]


def test_the_tail_holds_bounded_memory() -> None:
    log = log_into(Recorder(), LogLimits(head_lines=1, tail_lines=1_000, tail_bytes=100_000))
    for _ in range(200):
        log.take([b"y" * 100] * 500, Stream.STDOUT)
        assert log._tail_lines <= 1_500
        assert log._tail_bytes <= 150_000


def test_who_is_silenced_says_nothing_more() -> None:
    sink = Recorder()
    log = Log(
        sink,
        limits=LogLimits(head_lines=450, tail_lines=1),
        batches=Batches(),
        first_seq=1,
        clock=Clock(),
        silenced=lambda: len(sink.lines) >= 200,
    )
    log.take([*numbered(1, 900), b"::progress done=1::"], Stream.STDOUT)
    log.finish()
    assert len(sink.lines) == 200
    assert not sink.gaps
    assert not sink.progresses


def test_totals_are_shared_out() -> None:
    limits = LogLimits.of(200_000, 64 * 1024**2)
    assert (limits.head_lines + limits.tail_lines, limits.head_bytes + limits.tail_bytes) == (200_000, 64 * 1024**2)
    assert LogLimits.of(1, 1).head_lines == 1


@given(
    st.lists(st.lists(st.sampled_from([b"", b"abc", b"::progress done=1::", b"::x"]), max_size=9), max_size=30),
    st.integers(1, 20),
    st.integers(1, 20),
)
def test_what_is_kept_is_the_head_and_the_tail(reads: list[list[bytes]], head: int, tail: int) -> None:
    sink = Recorder()
    log = log_into(sink, LogLimits(head_lines=head, tail_lines=tail))
    for lines in reads:
        log.take(lines, Stream.STDOUT)
    log.finish()
    every = [line.decode() for lines in reads for line in lines if not line.startswith(b"::progress")]
    expected = list(enumerate(every, 1))
    if len(every) > head + tail:
        expected = expected[:head] + expected[-tail:]
        assert [gap[:2] for gap in sink.gaps] == [(head + 1, len(every) - tail)]
    assert [(line.seq, line.message) for line in sink.lines] == expected
    assert log.last_seq == len(every)
