from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator, Mapping
from dataclasses import replace
from pathlib import Path

import pytest
from structlog.testing import capture_logs

from apps.common import threads
from apps.common.testing import eventually
from apps.executions.registry import renewed
from apps.robots.sandbox import options
from apps.robots.sandbox import spares as module
from apps.robots.sandbox import workspace as places
from apps.robots.sandbox.frame import Frame
from apps.robots.sandbox.guard import guard
from apps.robots.sandbox.spares import Spares, make_ready, spares_sweep, workspace_for_run
from apps.robots.sandbox.spec import ProcessSpec
from apps.robots.sandbox.start import start
from apps.robots.supervision.process import supervise
from apps.robots.tests.running import PYTHON, Runner
from config.env import BASE_DIR

# All that a robot could tell one sandbox from another by.
_LOOK_AROUND = """
import os, resource, sys
print(sorted(os.environ.items()), sys.argv, os.getcwd(), os.uname().nodename)
print(os.getuid(), os.getgid(), os.getgroups(), os.umask(0), os.nice(0))
print(os.getpid(), os.getppid(), os.getpgrp(), os.getsid(0))
links = {fd: f"/proc/self/fd/{fd}" for fd in range(64)}
print({fd: os.readlink(link).partition(":")[0] for fd, link in links.items() if os.path.lexists(link)})
print([resource.getrlimit(getattr(resource, name)) for name in dir(resource) if name.startswith("RLIMIT_")])
print([line.split(None, 4)[4] for line in open("/proc/self/mountinfo")])
wanted = ("Sig", "Cap", "Seccomp", "NoNewPrivs", "Shd")
print([line.split() for line in open("/proc/self/status") if line.startswith(wanted)])
print(open("/proc/self/oom_score_adj").read(), [name for name in os.listdir("/proc") if name.isdigit()])
for place in ("/", "/work", "/tmp", "/artifacts", "/dev"): print(sorted(os.listdir(place)), os.stat(place).st_mode)
print(open("/run/oficina/parameters.json").read(), oct(os.stat("/run/oficina/parameters.json").st_mode))
"""


@pytest.fixture
def kept(monkeypatch: pytest.MonkeyPatch) -> Iterator[Spares]:
    """The spares of this test alone."""
    spares = Spares()
    monkeypatch.setattr(module, "kept", spares)
    yield spares
    spares.close()


@pytest.fixture
def frame(prepared: Runner) -> Frame:
    return prepared.frame()


@pytest.fixture
def package(tmp_path: Path) -> Path:
    directory = tmp_path / "package"
    directory.mkdir()
    (directory / "main.py").write_text("print('main')")
    return directory


def run(robots: Runner, package: Path, *command: str, environment: Mapping[str, str] | None = None) -> list[str]:
    """What a robot says whose workspace is made as a worker makes it."""
    with workspace_for_run(robots.frame(), "one", package=package) as workspace:
        spec = ProcessSpec(
            arguments=command or (PYTHON, "main.py"),
            workspace=workspace,
            environment={"PATH": "/usr/bin:/bin", **(environment or {})},
        )
        report = supervise(spec, sink=robots.recorder, control=robots.control)
        assert report.succeeded, robots.recorder.text
    said, robots.recorder.lines = robots.recorder.messages, []
    return said


def test_it_works(prepared: Runner, package: Path, kept: Spares, frame: Frame) -> None:
    kept.make(frame)
    assert run(prepared, package) == ["main"]


def test_a_robot_cannot_tell(sandboxed: Runner, prepared: Runner, package: Path, kept: Spares, frame: Frame) -> None:
    command, environment = (PYTHON, "-c", _LOOK_AROUND, "a b", "$HOME"), {"HOME": "/work", "LANG": "C.UTF-8"}
    expected = run(sandboxed, package, *command, environment=environment)
    kept.make(frame)
    found = run(prepared, package, *command, environment=environment)
    assert [_without_places(line) for line in found] == [_without_places(line) for line in expected]


def _without_places(line: str) -> str:
    """Where a workspace lies on the machine is a random name in both."""
    parts = line.split("/runs/")
    return "/runs/".join([parts[0], *(part.partition("/")[2] for part in parts[1:])])


@pytest.mark.parametrize(
    "value", ["it's", '"$HOME" `id` $(id) \\', "two\nlines\n", "", "~", "ação 日本 \x81\x88\x1b", "x" * 100_000]
)
def test_values_arrive_as_they_are(prepared: Runner, package: Path, kept: Spares, frame: Frame, value: str) -> None:
    kept.make(frame)
    source = "import os, sys; print(ascii(os.environ['VALUE']) == ascii(sys.argv[1]), len(sys.argv[1]))"
    assert run(prepared, package, PYTHON, "-c", source, value, environment={"VALUE": value}) == [f"True {len(value)}"]
    assert len(kept.standing) == 1


@pytest.mark.parametrize("name", ["a.b", "IFS", "OPTIND", "1ST", "ação"])
def test_names_that_no_shell_can_say(prepared: Runner, package: Path, kept: Spares, frame: Frame, name: str) -> None:
    kept.make(frame)
    source = "import os, sys; print(os.environ[sys.argv[1]])"
    assert run(prepared, package, PYTHON, "-c", source, name, environment={name: "/said"}) == ["/said"]


@pytest.mark.parametrize(
    ("command", "directory", "said"),
    [("/work/missing", "", "/work/missing: not found"), ("/bin/true", "missing", "can't cd to /work/missing")],
)
def test_what_cannot_start_says_why(
    prepared: Runner, kept: Spares, frame: Frame, command: str, directory: str, said: str
) -> None:
    kept.make(frame)
    with workspace_for_run(frame, "one") as workspace:
        spec = ProcessSpec(arguments=(command,), workspace=workspace, directory=directory)
        report = supervise(spec, sink=prepared.recorder, control=prepared.control)
    assert report.error_message == f"Could not start: {said}"


def test_nothing_is_left_of_the_run_before(prepared: Runner, package: Path, kept: Spares, frame: Frame) -> None:
    kept.make(frame)
    mark = "for place in ('/work', '/tmp', '/artifacts', '/dev/shm'): open(place + '/mark', 'w').close()"
    look = "import os; print([os.path.exists(p + '/mark') for p in ('/work', '/tmp', '/artifacts', '/dev/shm')])"
    run(prepared, package, PYTHON, "-c", mark)
    eventually(lambda: len(kept.standing) == 1)
    assert run(prepared, package, PYTHON, "-c", look) == ["[False, False, False, False]"]


def test_the_next_one_is_made_while_a_robot_runs(prepared: Runner, package: Path, kept: Spares, frame: Frame) -> None:
    assert run(prepared, package) == ["main"]
    eventually(lambda: len(kept.standing) == 1)
    spare = kept.take(frame)
    assert spare is not None
    spare.places.close()


def test_secrets_stand_in_no_list_of_processes(prepared: Runner, kept: Spares, frame: Frame) -> None:
    kept.make(frame)
    with workspace_for_run(frame, "one") as workspace:
        environment = {"SECRET": "zebra-4711"}
        spec = ProcessSpec(arguments=("/bin/sleep", "60"), workspace=workspace, environment=environment)
        process = start(spec)
        process.let_go()
        eventually(lambda: b"sleep" in Path(f"/proc/{_youngest(process.pid)}/cmdline").read_bytes())
        assert not any(b"zebra" in _read(path) for path in Path("/proc").glob("[0-9]*/cmdline"))
        process.close()


def _youngest(pid: int) -> int:
    children = Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
    return int(children[-1]) if children else pid


def _read(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except (FileNotFoundError, ProcessLookupError):
        return b""


def test_one_that_died_is_not_used(prepared: Runner, package: Path, kept: Spares, frame: Frame) -> None:
    kept.make(frame)
    spare = kept.take(frame)
    assert spare is not None
    kept.make(frame)
    os.kill(guard().pid, signal.SIGKILL)
    eventually(lambda: not spare.process.stands)
    assert run(prepared, package) == ["main"]
    spare.places.close()


def test_those_whose_guardian_died_are_removed_with_the_next_beat(
    prepared: Runner, kept: Spares, frame: Frame, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It may die before a sandbox is tied to it, which then goes on waiting for its word."""
    tied = options.namespaces
    monkeypatch.setattr(options, "namespaces", lambda **of: [o for o in tied(**of) if o != "--die-with-parent"])
    two = replace(frame, policy=replace(prepared.policy, spares=2))
    kept.make(two)
    kept.make(two)
    spares_sweep(1.0)
    assert len(kept.standing) == 2
    fallen = kept.standing
    os.kill(guard().pid, signal.SIGKILL)
    eventually(lambda: not any(spare.process.stands for spare in fallen))
    assert all(Path(f"/proc/{spare.process.pid}").exists() for spare in fallen)
    renewed(3600.0)  # which the guardian of later tests is told as well
    assert len(kept.standing) == 0
    eventually(lambda: not any(Path(f"/proc/{spare.process.pid}").exists() for spare in fallen))
    eventually(lambda: not any(spare.workspace.root.exists() for spare in fallen))


def test_one_that_was_built_of_something_else_is_not_used(prepared: Runner, tmp_path: Path, kept: Spares) -> None:
    environment = tmp_path / "environment"
    environment.mkdir()
    frame = prepared.frame(environment)
    kept.make(frame)
    environment.rename(tmp_path / "before")
    assert kept.take(frame) is None
    environment.mkdir()
    assert kept.take(frame) is None


def test_one_that_would_show_what_is_hidden_by_now_is_not_used(prepared: Runner, tmp_path: Path, kept: Spares) -> None:
    """Where nothing lay there was nothing to cover, and a cover goes with what it lay on."""
    shown, secret = tmp_path / "shown", tmp_path / "shown" / "secret"
    shown.mkdir()
    prepared.policy = replace(prepared.policy, readable=(tmp_path,), hidden=(secret,))
    for number in range(2):
        kept.make(prepared.frame())
        if secret.exists():
            secret.rename(shown / f"before-{number}")
        secret.mkdir()
        assert kept.take(prepared.frame()) is None


def test_one_that_shows_what_lay_there_before_is_not_used(prepared: Runner, tmp_path: Path, kept: Spares) -> None:
    shown = tmp_path / "shown"
    shown.mkdir()
    prepared.policy = replace(prepared.policy, readable=(shown,))
    kept.make(prepared.frame())
    shown.rename(tmp_path / "before")
    shown.mkdir()
    assert kept.take(prepared.frame()) is None


def test_large_packages_are_shown_by_a_sandbox_of_their_own(
    prepared: Runner, package: Path, kept: Spares, frame: Frame, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(places, "LINKED_FROM_BYTES", 1_000)
    (package / "model.bin").write_bytes(b"m" * 1_000)
    kept.make(frame)
    assert run(prepared, package, PYTHON, "-c", "print(len(open('model.bin').read()))") == ["1000"]
    assert len(kept.standing) == 1


def test_the_oldest_goes(prepared: Runner, kept: Spares, frame: Frame) -> None:
    two = replace(frame, policy=replace(prepared.policy, spares=2))
    kept.make(two)
    [oldest] = kept.standing
    kept.make(two)
    kept.make(two)
    assert len(kept.standing) == 2
    assert not oldest.process.stands
    eventually(lambda: not oldest.workspace.root.exists())


def test_no_more_are_made_than_may_stand(
    prepared: Runner, kept: Spares, frame: Frame, monkeypatch: pytest.MonkeyPatch
) -> None:
    """However many robots have started while one was built."""
    made: list[Frame] = []
    gate = threading.Event()

    def make(wanted: Frame) -> None:
        made.append(wanted)
        gate.wait(30)

    monkeypatch.setattr(kept, "make", make)
    frames = [replace(frame, policy=replace(prepared.policy, spares=2), readable=(Path(f"/{n}"),)) for n in range(6)]
    kept.replace(frames[0])
    eventually(lambda: made == frames[:1])
    for later in frames[1:]:
        kept.replace(later)
    gate.set()
    eventually(lambda: made == [frames[0], *frames[-2:]])


def test_none_are_kept_where_none_are_wanted(
    sandboxed: Runner, package: Path, kept: Spares, frame: Frame, monkeypatch: pytest.MonkeyPatch
) -> None:
    made: list[Frame] = []
    monkeypatch.setattr(kept, "make", made.append)
    assert run(sandboxed, package) == ["main"]
    kept.replace(replace(frame, policy=replace(frame.policy, spares=2)))  # one wish is heard after the other
    eventually(lambda: made)
    assert made == [replace(frame, policy=replace(frame.policy, spares=2))]


def test_packages_are_not_looked_through_where_none_are_wanted(
    sandboxed: Runner, package: Path, kept: Spares, monkeypatch: pytest.MonkeyPatch
) -> None:
    looked: list[Path] = []
    monkeypatch.setattr(module, "needs_links", looked.append)
    assert run(sandboxed, package) == ["main"]
    assert looked == []


def test_none_are_kept_for_a_shell_that_is_not_known(
    prepared: Runner, package: Path, kept: Spares, frame: Frame, monkeypatch: pytest.MonkeyPatch
) -> None:
    kept.make(frame)
    monkeypatch.setattr(module, "shell_is_known", lambda: False)
    assert run(prepared, package) == ["main"]
    assert len(kept.standing) == 1


def test_one_that_cannot_be_made_is_made_by_whoever_needs_it(
    prepared: Runner, package: Path, kept: Spares, tmp_path: Path
) -> None:
    with workspace_for_run(prepared.frame(), "one", package=package) as workspace, capture_logs() as logs:
        make_ready(replace(workspace, frame=prepared.frame(tmp_path / "gone")))
        eventually(lambda: [entry["event"] for entry in logs] == ["spare_not_made"])
    assert run(prepared, package) == ["main"]
    eventually(lambda: len(kept.standing) == 1)  # whoever makes them is still there


def test_one_that_cannot_be_made_nor_told_of_holds_none_up(
    prepared: Runner, kept: Spares, frame: Frame, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    told: list[object] = []

    def refuse(*_arguments: object, **facts: object) -> None:
        told.append(facts)
        raise OSError("no space left")

    monkeypatch.setattr(threads, "PAUSE_SECONDS", 0.01)
    with monkeypatch.context() as broken:
        broken.setattr(module.logger, "warning", refuse)
        kept.replace(prepared.frame(tmp_path / "gone"))
        eventually(lambda: told)
    kept.replace(frame)
    eventually(lambda: len(kept.standing) == 1)


def test_a_child_leaves_its_parents_alone(sandboxed: Runner, tmp_path: Path) -> None:
    program = f"""
import os, sys
from pathlib import Path
from apps.robots.sandbox.frame import Frame
from apps.robots.sandbox.policy import SandboxPolicy
from apps.robots.sandbox.spares import kept
frame = Frame(SandboxPolicy(state=Path({str(tmp_path)!r}), spares=1))
kept.make(frame)
if child := os.fork():
    print(os.waitpid(child, 0)[1], kept.standing[0].process.stands, kept.standing[0].workspace.root.exists())
else:
    kept.sweep()
    sys.exit(0 if kept.take(frame) is None else 1)
"""
    done = subprocess.run(
        [sys.executable, "-c", program], cwd=BASE_DIR, capture_output=True, text=True, check=True, timeout=60
    )
    assert done.stdout.split() == ["0", "True", "True"]


def test_a_process_that_ends_leaves_none(sandboxed: Runner, tmp_path: Path) -> None:
    program = f"""
from pathlib import Path
from apps.robots.sandbox.policy import SandboxPolicy
from apps.robots.sandbox.frame import Frame
from apps.robots.sandbox.spares import kept
kept.make(Frame(SandboxPolicy(state=Path({str(tmp_path)!r}), spares=1)))
print(kept.standing[0].process.pid, kept.standing[0].workspace.root.exists())
"""
    done = subprocess.run(
        [sys.executable, "-c", program], cwd=BASE_DIR, capture_output=True, text=True, check=True, timeout=60
    )
    pid, existed = done.stdout.split()
    assert existed == "True"
    assert list((tmp_path / "runs").iterdir()) == []
    assert not _read(Path(f"/proc/{pid}/cmdline"))
