"""A robot from start to end, in bubblewrap and without: lines, ends, and nobody left behind."""

from __future__ import annotations

import os
import time
from dataclasses import replace
from datetime import datetime

import psutil
import pytest

from apps.common.testing import eventually
from apps.robots.errors import SandboxFailed
from apps.robots.sandbox.policy import ResourceLimits
from apps.robots.supervision.log import LogLimits
from apps.robots.supervision.process import Supervision
from apps.robots.supervision.records import Ending, Level, Progress, Stream
from apps.robots.tests.running import Recorder, Runner

QUICK = Supervision(timeout=20, grace=0.3)
IGNORES_TERM = "import signal, time; signal.signal(signal.SIGTERM, signal.SIG_IGN); print('up'); time.sleep(60)"
# Forks twice, leaves session and group, drops its environment, keeps the pipe open.
DAEMON = """
import os, sys, time
if os.fork() == 0:
    os.setsid()
    if os.fork() == 0:
        os.execve("/bin/sleep", ["{mark}", "61"], {{}})
    os._exit(0)
os.wait()
print("up", flush=True)
{then}
"""


def alive(mark: str) -> list[int]:
    return [
        process.pid
        for process in psutil.process_iter(["cmdline", "status"])
        if (process.info["cmdline"] or [""])[0] == mark and process.info["status"] != psutil.STATUS_ZOMBIE
    ]


def test_it_works(either: Runner) -> None:
    source = """
import sys
print("hello"); print("::progress done=1 total=2 message=half::"); print("::warning::hm"); sys.stderr.write("oops\\n")
sys.stdout.write("no end")
"""
    report = either.run(source)
    assert report.succeeded
    assert (report.reason, report.exit_code, report.error_message) == (Ending.EXITED, 0, "")
    assert report.pid > 0
    assert report.started_at <= report.finished_at
    lines = either.recorder.lines
    assert [line.seq for line in lines] == [1, 2, 3, 4]
    assert report.last_seq == 4
    assert {(line.stream, line.level, line.message) for line in lines} == {
        (Stream.STDOUT, Level.INFO, "hello"),
        (Stream.STDOUT, Level.WARNING, "hm"),
        (Stream.STDERR, Level.ERROR, "oops"),
        (Stream.STDOUT, Level.INFO, "no end"),
    }
    assert either.recorder.progresses == [Progress(1, 2, "half")]
    assert all(report.started_at <= line.timestamp <= report.finished_at for line in lines)


def test_the_environment_is_what_was_given_and_nothing_else(either: Runner) -> None:
    os.environ["LEAKED"] = "x"
    either.run("import os; print(*sorted(os.environ))", environment={"A": "é€😀", "B": "a=b\nc"})
    assert set(either.recorder.messages[0].split()) - {"PWD", "LC_CTYPE", "OFICINA_RUN_MARKER"} == {"A", "B", "PATH"}


def test_nothing_is_on_its_input(either: Runner) -> None:
    assert either.run("import sys; assert sys.stdin.read() == ''").succeeded


@pytest.mark.parametrize("code", [1, 3, 255])
def test_an_exit_code_is_reported(either: Runner, code: int) -> None:
    report = either.run(f"raise SystemExit({code})")
    assert (report.reason, report.exit_code) == (Ending.EXITED, code)
    assert report.error_message == f"Process returned exit code {code}"
    assert not report.succeeded


def test_a_signal_is_reported(either: Runner) -> None:
    report = either.run("import os; os.kill(os.getpid(), 11)")
    assert (report.exit_code, report.signal) == (139, 11)


def test_an_unknown_program_fails_and_says_so(either: Runner) -> None:
    report = either.run_command("/nowhere/program")
    assert not report.succeeded
    assert "/nowhere/program" in either.recorder.text
    assert report.error_message


def test_lines_arrive_while_it_runs(either: Runner) -> None:
    robot = either.in_background("import time; print('first'); time.sleep(30)", supervision=QUICK)
    eventually(lambda: either.saw("first"))
    either.control.cancel()
    robot.report()


def test_the_start_is_told(either: Runner) -> None:
    told: list[int] = []
    report = either.run("pass", supervision=replace(QUICK, on_start=lambda pid, at: told.append(pid)))
    assert told == [report.pid]


BEGINS = "import os, time; open(os.environ['TARGET'] + '/begun', 'w').close(); time.sleep(60)"
TARGET = {"TARGET": "{artifacts}"}


def test_it_does_nothing_before_its_start_is_told(either: Runner) -> None:
    """What could not be recorded as begun is begun again elsewhere: so it must not have begun."""

    def begun() -> bool:
        assert either.workspace is not None
        return (either.workspace.artifacts / "begun").exists()

    def refuse(_pid: int, _at: datetime) -> None:
        with pytest.raises(AssertionError):
            eventually(begun, seconds=0.5)
        raise ConnectionError("the database is away")

    with pytest.raises(ConnectionError):
        either.run(BEGINS, environment=TARGET, supervision=replace(QUICK, on_start=refuse))
    assert either.recorder.artifacts == []


def test_what_is_lost_before_its_start_is_told_never_begins(either: Runner) -> None:
    """As by a database that answers when it is too late; nobody has killed it yet."""
    lose = replace(QUICK, on_start=lambda _pid, _at: either.control.lost.set())
    assert either.run(BEGINS, environment=TARGET, supervision=lose).reason is Ending.LOST
    assert either.recorder.artifacts == []


def test_a_wish_to_cancel_ends_it_in_good_order(either: Runner) -> None:
    source = """
import signal, sys, time
def end(*_):
    print("bye"); sys.exit(0)
signal.signal(signal.SIGTERM, end)
print("up"); time.sleep(60)
"""
    robot = either.in_background(source, supervision=QUICK)
    eventually(lambda: either.saw("up"))
    either.control.cancel()
    report = robot.report()
    assert (report.reason, report.exit_code, report.error_message) == (Ending.CANCELLED, 0, "Cancelled")
    assert either.saw("bye")


def test_who_ignores_the_wish_is_killed_after_the_grace(either: Runner) -> None:
    robot = either.in_background(IGNORES_TERM, supervision=QUICK)
    eventually(lambda: either.saw("up"))
    asked = time.monotonic()
    either.control.cancel()
    report = robot.report()
    assert 0.3 <= time.monotonic() - asked < 10
    assert (report.reason, report.signal) == (Ending.CANCELLED, 9)


def test_cancel_before_the_start_ends_it_too(either: Runner) -> None:
    either.control.cancel()
    assert either.run("import time; time.sleep(60)", supervision=QUICK).reason is Ending.CANCELLED


def test_a_timeout_ends_it(either: Runner) -> None:
    report = either.run(IGNORES_TERM, supervision=Supervision(timeout=2, grace=0.2))
    assert (report.reason, report.error_message) == (Ending.TIMEOUT, "TIMEOUT")
    assert 2.2 <= (report.finished_at - report.started_at).total_seconds() < 10


def test_a_lost_run_is_killed_at_once_and_writes_no_more(either: Runner) -> None:
    robot = either.in_background(
        "import signal\nsignal.signal(signal.SIGTERM, signal.SIG_IGN)\nwhile True: print('line')", supervision=QUICK
    )
    eventually(lambda: either.saw("line"))
    either.control.lose()
    written = len(either.recorder.lines)
    report = robot.report(2)
    assert report.reason is Ending.LOST
    # At most the batch that was on its way.
    assert len(either.recorder.lines) - written <= 200


def test_a_lost_run_is_killed_even_while_the_sink_is_stuck(either: Runner) -> None:
    import threading  # noqa: PLC0415

    stuck, go_on = threading.Event(), threading.Event()

    class Stuck(Recorder):
        def write(self, lines: object) -> None:
            stuck.set()
            go_on.wait(20)

    either.recorder = Stuck()
    robot = either.in_background("import os, time; print('x'); time.sleep(60)", supervision=QUICK)
    assert stuck.wait(10)
    children = [
        child.pid
        for child in psutil.Process().children(recursive=True)
        if "time.sleep(60)" in " ".join(child.cmdline())
    ]
    assert children
    either.control.lose()
    eventually(lambda: not [pid for pid in children if _runs(pid)])
    go_on.set()
    assert robot.report().reason is Ending.LOST


def _runs(pid: int) -> bool:
    try:
        return psutil.Process(pid).status() != psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return False


@pytest.mark.parametrize("then", ["", "time.sleep(60)"])
def test_a_daemon_that_holds_the_pipe_does_not_survive(either: Runner, then: str) -> None:
    mark = f"daemon-{os.getpid()}-{time.monotonic_ns()}"
    robot = either.in_background(DAEMON.format(mark=mark, then=then), supervision=QUICK)
    if then:
        eventually(lambda: either.saw("up"))
        eventually(lambda: alive(mark))
        either.control.cancel()
    report = robot.report()
    assert report.reason is (Ending.CANCELLED if then else Ending.EXITED)
    assert not alive(mark)
    assert either.saw("up")


def test_a_robot_that_closes_its_output_goes_on(either: Runner) -> None:
    source = """
import os, time
os.close(1); os.close(2)
time.sleep(0.3)
open(os.environ["TARGET"], "w").write("done")
raise SystemExit(4)
"""
    started = time.monotonic()
    target = "/artifacts/x" if either.policy.mode == "required" else str(either.policy.state / "x")
    report = either.run(source, environment={"TARGET": target})
    assert report.exit_code == 4
    assert time.monotonic() - started >= 0.3


def test_a_sink_that_fails_ends_the_robot(either: Runner) -> None:
    class Broken(Recorder):
        def write(self, lines: object) -> None:
            raise ConnectionError("gone")

    mark = f"sink-{os.getpid()}-{time.monotonic_ns()}"
    either.recorder = Broken()
    with pytest.raises(ConnectionError):
        either.run(DAEMON.format(mark=mark, then="time.sleep(60)"), supervision=QUICK)
    assert not alive(mark)


def test_a_wrong_directory_fails(sandboxed: Runner) -> None:
    from apps.robots.sandbox.spec import ProcessSpec  # noqa: PLC0415
    from apps.robots.sandbox.start import start  # noqa: PLC0415
    from apps.robots.sandbox.workspace import open_workspace  # noqa: PLC0415

    with open_workspace(sandboxed.frame(), "run") as workspace:
        spec = ProcessSpec(arguments=("/bin/true",), workspace=workspace, directory="missing")
        process = start(spec)
        process.let_go()
        eventually(lambda: not process.read_status())
        assert process.exit_code is None
        assert "missing" in process.said()
        process.close()


def test_an_option_that_fails_raises(sandboxed: Runner) -> None:
    sandboxed.policy = replace(sandboxed.policy, limits=ResourceLimits(shared_memory_bytes=-1))
    with pytest.raises(SandboxFailed, match="size"):
        sandboxed.run("pass")


def test_many_at_once(either: Runner) -> None:
    others = [Runner(replace(either.policy, state=either.policy.state / str(number))) for number in range(6)]
    robots = [other.in_background("for n in range(500): print(n)") for other in others]
    for other, robot in zip(others, robots, strict=True):
        assert robot.report(30).succeeded
        assert other.recorder.messages == [str(number) for number in range(500)]


def test_a_huge_output_costs_little_memory(either: Runner) -> None:
    process = psutil.Process()
    before = process.memory_info().rss
    peak = before
    source = "import sys\nblock = (('x' * 79) + '\\n') * 1000\nfor _ in range(640): sys.stdout.write(block)"
    robot = either.in_background(
        source, supervision=Supervision(timeout=60, log=LogLimits(head_lines=2_000, tail_lines=1_000))
    )
    while not robot.done:
        peak = max(peak, process.memory_info().rss)
    report = robot.report()
    assert report.succeeded
    assert report.last_seq == 640_000
    assert report.truncated
    assert [line.seq for line in either.recorder.lines] == [*range(1, 2_001), *range(639_001, 640_001)]
    assert either.recorder.gaps[0][:2] == (2_001, 639_000)
    assert peak - before < 40 * 1024**2


def test_binary_noise_and_an_endless_line_are_bounded(either: Runner) -> None:
    source = """
import os, sys
sys.stdout.buffer.write(os.urandom(1_000_000))
sys.stdout.buffer.write(b"y" * 5_000_000)
"""
    report = either.run(source, supervision=Supervision(timeout=30, log=LogLimits(head_lines=300, tail_lines=50)))
    assert report.succeeded
    assert report.truncated
    assert all("\0" not in message and "\n" not in message for message in either.recorder.messages)
    assert max(map(len, either.recorder.messages)) <= 16 * 1024
    assert either.recorder.messages[-2] == "y" * 16 * 1024
