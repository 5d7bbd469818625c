"""What a robot tries from inside, and must not achieve."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import psutil
import pytest

from apps.common.testing import eventually
from apps.robots.sandbox.policy import MIB, ResourceLimits
from apps.robots.supervision.process import Supervision
from apps.robots.supervision.records import Ending
from apps.robots.tests.running import Runner, runner

SLOW = Supervision(timeout=20, grace=0.2)
ROOT = Path(__file__).resolve().parents[4]


def test_it_works(sandboxed: Runner) -> None:
    report = sandboxed.run(
        "import os; print(os.getcwd(), os.getuid() != 0, os.environ['HOME'])", environment={"HOME": "/work"}
    )
    assert report.succeeded, sandboxed.recorder.text
    assert sandboxed.recorder.messages == ["/work True /work"]


def test_only_named_places_are_there(sandboxed: Runner) -> None:
    sandboxed.run("import os; print(*sorted(os.listdir('/')))")
    shown = set(sandboxed.recorder.messages[0].split())
    allowed = {"artifacts", "bin", "dev", "environment", "etc", "lib", "lib32", "lib64", "libx32", "library", "package"}
    interpreter = {Path(sys.base_prefix).parts[1]}
    assert shown <= allowed | {"proc", "run", "sbin", "tmp", "usr", "var", "work"} | interpreter


def test_files_of_the_machine_are_hidden(sandboxed: Runner, tmp_path: Path, state: Path) -> None:
    secret = tmp_path / "secret"
    secret.write_text("top secret")
    other = state / "runs" / "other" / "work"
    other.mkdir(parents=True, exist_ok=True)
    places = [
        secret,
        other,
        ROOT / "manage.py",
        ROOT / ".data",
        ROOT / ".git",
        "/etc/shadow",
        "/home",
        "/root/.ssh",
        "/sys",
    ]
    sandboxed.run(f"import os\nfor place in {list(map(str, places))!r}: print(os.path.exists(place))")
    assert sandboxed.recorder.messages == ["False"] * len(places)


def test_other_processes_are_out_of_sight_and_reach(sandboxed: Runner) -> None:
    source = f"""
import os, signal
print(sum(name.isdigit() for name in os.listdir("/proc")))
for target in ({os.getpid()}, {os.getppid()}):
    try: os.kill(target, signal.SIGTERM)
    except ProcessLookupError: print("gone")
for name in ("environ", "cmdline", "root", "cwd", "fd"):
    print(os.path.exists("/proc/{os.getpid()}/" + name))
print(os.getppid())
"""
    report = sandboxed.run(source)
    assert report.succeeded, sandboxed.recorder.text
    assert sandboxed.recorder.messages == ["2", "gone", "gone", *["False"] * 5, "1"]


@pytest.mark.parametrize("mode", ["sandboxed", "unsandboxed"])
def test_it_is_left_no_descriptor_of_ours(request: pytest.FixtureRequest, mode: str) -> None:
    """Least of all the guardian's socket: over it come the orders for other people's robots, and its end is theirs."""
    runner: Runner = request.getfixturevalue(mode)
    source = """
import os
for number in range(3, 1024):
    try: print(os.readlink(f"/proc/self/fd/{number}"))
    except OSError: pass
"""
    assert runner.run(source).succeeded
    assert {message.partition(":")[0] for message in runner.recorder.messages} <= {"user"}  # its own namespaces


def test_the_first_process_says_nothing_about_us(sandboxed: Runner) -> None:
    source = """
for name in ("environ", "cmdline"):
    try: print(open(f"/proc/1/{name}").read().replace(chr(0), " "))
    except PermissionError: print("")
"""
    sandboxed.run(source, environment={"TOKEN": "s3cret-value"})
    assert "s3cret-value" not in sandboxed.recorder.text.replace("TOKEN", "")
    assert "PATH" not in sandboxed.recorder.messages[0]


def test_secrets_never_stand_in_a_list_of_processes(sandboxed: Runner) -> None:
    robot = sandboxed.in_background(
        "import time; print('up'); time.sleep(30)", environment={"TOKEN": "s3cret-value"}, supervision=SLOW
    )
    eventually(lambda: sandboxed.saw("up"))
    sandbox = [child for child in psutil.Process().children(recursive=True) if child.name() == "bwrap"]
    environments = [child.environ() for child in sandbox]
    commands = [" ".join(process.info["cmdline"] or ()) for process in psutil.process_iter(["cmdline"])]
    sandboxed.control.cancel()
    assert robot.report().reason is Ending.CANCELLED
    assert not [command for command in commands if "s3cret-value" in command]
    assert {} in environments
    assert not [found for found in environments if "TOKEN" in found]


def test_nothing_outside_can_be_written(sandboxed: Runner) -> None:
    places = ["/x", "/usr/x", "/etc/x", "/dev/x", "/var/x", "/proc/sys/kernel/hostname", "/run/oficina/parameters.json"]
    source = f"""
for place in {places!r}:
    try: open(place, "w").write("x"); print("wrote", place)
    except OSError as error: print(type(error).__name__)
for place in ("/work/a", "/tmp/a", "/artifacts/a", "/dev/shm/a", "/dev/null"):
    open(place, "w").write("x")
"""
    report = sandboxed.run(source)
    assert report.succeeded, sandboxed.recorder.text
    assert "wrote" not in sandboxed.recorder.text


def test_it_cannot_gain_rights(sandboxed: Runner) -> None:
    source = """
import ctypes, os, subprocess
status = dict(line.split(":", 1) for line in open("/proc/self/status"))
print(status["NoNewPrivs"].strip(), int(status["CapEff"], 16), int(status["CapPrm"], 16), status["Seccomp"].strip())
libc = ctypes.CDLL(None, use_errno=True)
print(libc.unshare(0x10000000), libc.unshare(0x00020000))
print(libc.mount(b"none", b"/tmp", b"tmpfs", 0, None), libc.setuid(0))
print(libc.syscall(250 if os.uname().machine == "x86_64" else 219, 0, -3, 1))
"""
    sandboxed.run(source)
    assert sandboxed.recorder.messages == ["1 0 0 2", "-1 -1", "-1 -1", "-1"]


def test_a_server_on_a_socket_file_is_out_of_reach(sandboxed: Runner, tmp_path: Path) -> None:
    address = str(tmp_path / "server.sock")
    with socket.socket(socket.AF_UNIX) as server:
        server.bind(address)
        server.listen()
        sandboxed.run(f"import socket; print(socket.socket(socket.AF_UNIX).connect_ex({address!r}) != 0)")
    assert sandboxed.recorder.messages == ["True"]


def test_the_network_can_be_taken_away(sandboxed: Runner) -> None:
    with socket.socket() as server:
        server.bind(("127.0.0.1", 0))
        server.listen()
        source = f"import socket; print(socket.socket().connect_ex(('127.0.0.1', {server.getsockname()[1]})) == 0)"
        sandboxed.run(source)
        sandboxed.policy = replace(sandboxed.policy, network=False)
        sandboxed.run(source)
    assert sandboxed.recorder.messages == ["True", "False"]


def test_a_loader_variable_does_not_reach_the_sandbox_itself(sandboxed: Runner, tmp_path: Path) -> None:
    """Or else a version's environment could run code outside."""
    trace = tmp_path / "trace"
    report = sandboxed.run("print('ran')", environment={"LD_DEBUG": "all", "LD_DEBUG_OUTPUT": str(trace)})
    assert report.succeeded
    assert not list(tmp_path.iterdir())


def test_hidden_places_are_hidden_inside_visible_ones(sandboxed: Runner, tmp_path: Path) -> None:
    visible = tmp_path / "visible"
    (visible / "hidden").mkdir(parents=True)
    (visible / "hidden" / "secret").write_text("x")
    (visible / "hidden" / "needed").mkdir()
    (visible / "hidden" / "needed" / "tool").write_text("x")
    (visible / "key").write_text("x")
    sandboxed.policy = replace(
        sandboxed.policy,
        readable=(visible, visible / "hidden" / "needed"),
        hidden=(visible / "hidden", visible / "key", tmp_path / "nowhere"),
    )
    report = sandboxed.run(
        f"""
import os
for place in ("", "hidden", "hidden/needed"): print(*sorted(os.listdir({str(visible)!r} + "/" + place)))
try: print(repr(open({str(visible / "key")!r}).read()))
except PermissionError: print("''")
"""
    )
    assert report.succeeded, sandboxed.recorder.text
    assert sandboxed.recorder.messages == ["hidden key", "needed", "tool", "''"]


def test_a_fork_bomb_is_bounded(sandboxed: Runner) -> None:
    sandboxed.policy = replace(sandboxed.policy, limits=ResourceLimits(processes=40))
    source = """
import os
while True:
    try: os.fork()
    except OSError: pass
"""
    report = sandboxed.run(source, supervision=Supervision(timeout=2, grace=0.2))
    assert report.reason is Ending.TIMEOUT
    assert subprocess.run(["true"], check=False).returncode == 0


def test_a_neighbour_does_not_feel_the_bomb(sandboxed: Runner, state: Path) -> None:
    limits = ResourceLimits(processes=20)
    bomber = runner(state, limits=limits)
    bomber.policy = replace(bomber.policy, state=state / "bomber")
    bomb = bomber.in_background(
        "import os\nprint('go')\nwhile True:\n try: os.fork()\n except OSError: pass",
        supervision=Supervision(timeout=2, grace=0),
    )
    sandboxed.policy = replace(sandboxed.policy, limits=limits)
    report = sandboxed.run("import subprocess\nfor _ in range(5): subprocess.run(['true'], check=True)")
    assert report.succeeded, sandboxed.recorder.text
    assert bomb.report().reason is Ending.TIMEOUT


def test_a_huge_file_is_bounded(sandboxed: Runner) -> None:
    sandboxed.policy = replace(sandboxed.policy, limits=ResourceLimits(file_bytes=MIB))
    source = "open('/tmp/big', 'wb').write(bytes(2 * 1024 * 1024))"
    report = sandboxed.run(source)
    assert report.exit_code == 1
    assert sandboxed.saw("File too large")


@pytest.mark.parametrize("place", ["/dev/shm", "/dev"])
def test_memory_that_looks_like_files_is_bounded(sandboxed: Runner, place: str) -> None:
    source = f"""
try:
    for number in range(200): open(f"{place}/{{number}}", "wb").write(bytes(1024 * 1024))
except OSError as error: print(error.strerror)
"""
    report = sandboxed.run(source)
    assert report.succeeded
    assert sandboxed.recorder.messages[0] in {"No space left on device", "Read-only file system"}


def test_a_memory_bomb_is_bounded(sandboxed: Runner) -> None:
    sandboxed.policy = replace(sandboxed.policy, limits=ResourceLimits(address_space_bytes=256 * MIB))
    report = sandboxed.run("x = bytearray(1024 * 1024 * 1024)")
    assert report.exit_code == 1
    assert sandboxed.saw("MemoryError")
