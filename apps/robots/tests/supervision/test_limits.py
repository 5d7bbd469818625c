"""What the kernel does not bound for a whole run, the supervisor does."""

from __future__ import annotations

from dataclasses import replace

import pytest

from apps.robots.sandbox.policy import MIB, ResourceLimits
from apps.robots.supervision.process import Supervision
from apps.robots.supervision.records import Ending, ExitReport
from apps.robots.tests.running import Runner

CLOSE = Supervision(timeout=20, grace=0.2, usage_seconds=0.05)
IN = "import os, time\nos.chdir(os.environ['PLACE'])\n"


def run_in(robots: Runner, place: str, source: str, limits: ResourceLimits) -> ExitReport:
    robots.policy = replace(robots.policy, limits=limits)
    return robots.run(IN + source, supervision=CLOSE, environment={"PLACE": f"{{{place}}}"})


@pytest.mark.parametrize("place", ["work", "tmp"])
def test_scratch_is_bounded(either: Runner, place: str) -> None:
    source = "for n in range(40): open(str(n), 'wb').write(os.urandom(1024 * 1024))\ntime.sleep(60)"
    report = run_in(either, place, source, ResourceLimits(scratch_bytes=8 * MIB))
    assert (report.reason, report.error_message) == (Ending.LIMIT, "Files larger than 8 MiB together")


def test_artifacts_are_bounded(either: Runner) -> None:
    source = "open('big', 'wb').write(os.urandom(4 * 1024 * 1024))\ntime.sleep(60)"
    report = run_in(either, "artifacts", source, ResourceLimits(artifacts_bytes=2 * MIB))
    assert (report.reason, report.error_message) == (Ending.LIMIT, "Artifacts larger than 2 MiB")


def test_a_quick_robot_does_not_get_past_the_watch(either: Runner) -> None:
    source = "for n in range(6): open(str(n), 'w').write('x')"
    report = run_in(either, "artifacts", source, ResourceLimits(artifacts_count=5))
    assert (report.reason, report.error_message) == (Ending.LIMIT, "More than 5 artifacts")


def test_many_files_are_bounded(either: Runner) -> None:
    source = "for n in range(10_000):\n open(str(n), 'w').close()\n time.sleep(0.001)"
    report = run_in(either, "work", source, ResourceLimits(scratch_entries=50))
    assert (report.reason, report.error_message) == (Ending.LIMIT, "More than 50 files")


def test_deep_directories_are_refused(either: Runner) -> None:
    source = "for _ in range(100):\n os.mkdir('d'); os.chdir('d')\ntime.sleep(60)"
    report = run_in(either, "work", source, ResourceLimits())
    assert (report.reason, report.error_message) == (Ending.LIMIT, "Directories nested too deeply")


def test_links_out_are_not_counted(either: Runner) -> None:
    report = run_in(either, "artifacts", "os.symlink('/usr', 'system')", ResourceLimits(artifacts_bytes=MIB))
    assert report.succeeded


def test_memory_of_all_processes_together_is_bounded(either: Runner) -> None:
    source = """
for _ in range(8):
    if os.fork() == 0:
        hold = bytearray(os.urandom(1024 * 1024)) * 40
        time.sleep(60)
time.sleep(60)
"""
    report = run_in(either, "work", source, ResourceLimits(memory_bytes=100 * MIB))
    assert (report.reason, report.error_message) == (Ending.LIMIT, "More than 100 MiB of memory")


def test_processes_are_bounded_without_a_sandbox_too(unsandboxed: Runner) -> None:
    source = "for _ in range(60):\n if os.fork() == 0: time.sleep(60)\ntime.sleep(60)"
    report = run_in(unsandboxed, "work", source, ResourceLimits(processes=20))
    assert (report.reason, report.error_message) == (Ending.LIMIT, "More than 20 processes")


def test_a_file_is_bounded(either: Runner) -> None:
    source = "open('big', 'wb').write(bytes(3 * 1024 * 1024))"
    report = run_in(either, "work", source, ResourceLimits(file_bytes=MIB))
    assert report.exit_code == 1
    assert either.saw("File too large")


def test_time_on_the_processor_is_bounded(either: Runner) -> None:
    report = run_in(either, "work", "while True: pass", ResourceLimits(cpu_seconds=1))
    assert report.reason is Ending.EXITED
    assert report.signal is not None


def test_open_files_are_bounded(either: Runner) -> None:
    report = run_in(either, "work", "x = [open('/dev/null') for _ in range(100)]", ResourceLimits(open_files=50))
    assert report.exit_code == 1
    assert either.saw("Too many open files")
