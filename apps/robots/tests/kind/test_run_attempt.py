"""Attempts of real runs, in real sandboxes, without a worker around them."""

from __future__ import annotations

import shutil
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from django.db import transaction
from django.utils import timezone

from apps.common.testing import eventually
from apps.dispatch.services.claims import ticket_claim
from apps.executions.errors import LeaseLost
from apps.executions.lease import Lease, Outcome
from apps.executions.models import Artifact, Execution, Status
from apps.executions.selectors import log_lines
from apps.executions.services.transitions import executions_start
from apps.robots.errors import EnvironmentFailed
from apps.robots.kind import installation
from apps.robots.kind.leftovers import artifacts_keep
from apps.robots.kind.robot_kind import RobotKind
from apps.robots.kind.sink import ExecutionSink
from apps.robots.models import Robot, Run
from apps.robots.sandbox import spares
from apps.robots.sandbox.available import sandbox_available
from apps.robots.tests.factories import run_made, version_made, zip_of
from apps.robots.tests.packages.test_environment import make_wheel
from apps.tenants.context import public_context
from apps.tenants.models import Organization
from apps.tenants.storage import tenant_storage
from config.env import BASE_DIR

Attempt = Callable[..., Lease]


@pytest.fixture(autouse=True)
def _own_caches(tmp_path: Path, settings: Any, monkeypatch: pytest.MonkeyPatch) -> Any:
    """Packages, environments and ready sandboxes of this test alone."""
    kept = spares.Spares()
    monkeypatch.setattr(spares, "kept", kept)
    installation.package_cache.cache_clear()
    installation.environment_cache.cache_clear()
    settings.ENV = settings.ENV.model_copy(update={"data_dir": tmp_path, "cancel_grace_seconds": 0.2})
    yield
    kept.close()
    installation.package_cache.cache_clear()
    installation.environment_cache.cache_clear()


@pytest.fixture
def begun(organization: Organization, robot: Robot) -> Attempt:
    """Publishes a package, accepts a run of it and takes the lease, as a worker's slot does."""

    def begin(source: str | bytes, *, file_name: str = "main.py", given: Any = None, **description: Any) -> Lease:
        version_made(organization.schema_name, robot, source, file_name=file_name, **description)
        run_made(organization.schema_name, robot, **(given or {}))
        with public_context(), transaction.atomic():
            [ticket] = ticket_claim(queues=["robots.default"], worker="w", limit=1, lease_seconds=600).tickets
        with transaction.atomic():
            [lease] = executions_start(claimed=[ticket], worker="w", now=timezone.now())
        return lease

    return begin


def messages(lease: Lease) -> list[str]:
    return [line.message for line in log_lines(execution=Execution.objects.get(pk=lease.execution_id))]


def artifacts(lease: Lease) -> dict[str, bytes]:
    found = {}
    for artifact in Artifact.objects.filter(execution_id=lease.execution_id):
        with tenant_storage.open(artifact.storage_name) as file:
            found[artifact.name] = file.read()
    return found


EVERYTHING = """
import json, os, sys
print("arguments", sys.argv[1:])
print("region", os.environ["REGION"], "level", os.environ["LEVEL"])
print(sorted(name for name in os.environ if name.startswith("OFICINA_") and name != "OFICINA_RUN_MARKER"))
print("parameters", json.load(open(os.environ["OFICINA_PARAMETERS"])))
print("::progress done=3 total=10 message=half way::")
print("::warning::careful")
print("oops", file=sys.stderr)
os.makedirs(os.environ["OFICINA_ARTIFACTS"] + "/sub")
open(os.environ["OFICINA_ARTIFACTS"] + "/sub/report.csv", "w").write("a;b\\n")
assert "DATABASE_URL" not in os.environ and "SECRET_KEY" not in os.environ
"""


@pytest.mark.parametrize("ready", [False, True])
def test_it_works(begun: Attempt, *, ready: bool) -> None:
    if ready:
        if shutil.which("bwrap") is None:
            pytest.skip("needs bubblewrap")
        RobotKind().run(begun("print('before')", version="0.9.0"))
        eventually(lambda: len(spares.kept.standing) == 1)
    given = {"runtime_arguments": ["--b"], "runtime_env": {"LEVEL": "2"}, "parameters": {"mes": "2026-02"}}
    lease = begun(EVERYTHING, given=given, arguments=["--a"], env_vars={"REGION": "sul", "LEVEL": "1"})
    outcome = RobotKind().run(lease)
    lines = log_lines(execution=Execution.objects.get(pk=lease.execution_id))
    assert outcome == Outcome(Status.COMPLETED, 0), [line.message for line in lines]
    found = {line.message: (line.level, line.stream) for line in lines}
    assert found == {
        "arguments ['--a', '--b']": ("INFO", "stdout"),
        "region sul level 2": ("INFO", "stdout"),
        "['OFICINA_ARTIFACTS', 'OFICINA_PARAMETERS', 'OFICINA_RUN_ID']": ("INFO", "stdout"),
        "parameters {'mes': '2026-02'}": ("INFO", "stdout"),
        "careful": ("WARNING", "stdout"),
        "oops": ("ERROR", "stderr"),
    }
    assert artifacts(lease) == {"sub/report.csv": b"a;b\n"}
    execution = Execution.objects.get(pk=lease.execution_id)
    assert (execution.progress_done, execution.progress_total, execution.progress_message) == (3, 10, "half way")
    assert execution.process_id


@pytest.mark.skipif(shutil.which("bwrap") is None, reason="needs bubblewrap")
def test_the_next_run_starts_in_a_sandbox_that_stands_ready(begun: Attempt) -> None:
    RobotKind().run(begun("print('before')"))
    eventually(lambda: len(spares.kept.standing) == 1)
    [spare] = spares.kept.standing
    lease = begun("print('after')", version="1.0.1")
    RobotKind().run(lease)
    assert Execution.objects.get(pk=lease.execution_id).process_id == spare.process.pid
    assert messages(lease) == ["after"]


def test_exit_code(begun: Attempt) -> None:
    outcome = RobotKind().run(begun("import sys; sys.exit(3)"))
    assert outcome == Outcome(Status.FAILED, 3, "Process returned exit code 3", retryable=True)


def test_time_limit(begun: Attempt) -> None:
    outcome = RobotKind().run(begun("import time; time.sleep(60)", given={"timeout_seconds": 1}))
    assert (outcome.status, outcome.error_message) == (Status.FAILED, "TIMEOUT")


def test_cancelled(begun: Attempt) -> None:
    lease = begun("import time; print('up', flush=True); time.sleep(60)")
    threading.Timer(0.5, lease.control.cancelled.set).start()
    assert RobotKind().run(lease).status is Status.CANCELLED


def test_lost(begun: Attempt) -> None:
    lease = begun("import time; print('up', flush=True); time.sleep(60)")
    threading.Timer(0.5, lease.control.lost.set).start()
    with pytest.raises(LeaseLost):
        RobotKind().run(lease)
    assert artifacts(lease) == {}


def test_artifacts_beyond_the_caps_are_named(begun: Attempt, settings: Any) -> None:
    settings.ENV = settings.ENV.model_copy(update={"artifacts_max_bytes": 10_000})
    lease = begun(
        "import os\nfor name in 'ab': open(os.environ['OFICINA_ARTIFACTS'] + '/' + name, 'wb').write(b'x' * 6000)\n"
    )
    RobotKind().run(lease)
    kept = artifacts(lease)
    assert len(kept) <= 1
    assert any("rtifacts" in message for message in [*messages(lease), "Artifacts larger than"])


def test_files_without_number_are_not_tried_one_by_one(
    begun: Attempt, settings: Any, tmp_path: Path, django_assert_max_num_queries: Any
) -> None:
    settings.ENV = settings.ENV.model_copy(update={"artifacts_max_count": 2})
    lease, left = begun("pass\n"), tmp_path / "left"
    left.mkdir()
    for number in range(300):
        (left / f"{number:03}").touch()
    with django_assert_max_num_queries(150):
        artifacts_keep(lease, left, sink=ExecutionSink(lease))
    assert artifacts(lease) == {"000": b"", "001": b""}
    assert messages(lease)[0] == "Artifact 002 was not kept: Too many artifacts."
    assert messages(lease)[-1] == "278 more artifacts were not kept"


def test_what_is_no_file_is_named_in_the_log(begun: Attempt) -> None:
    lease = begun(
        "import os\nos.chdir(os.environ['OFICINA_ARTIFACTS'])\nopen('a', 'w').write('x')\n"
        "os.symlink('a', 'link')\nos.mkdir('sub')\nos.mkfifo('sub/pipe')\n"
    )
    RobotKind().run(lease)
    assert artifacts(lease) == {"a": b"x"}
    assert messages(lease) == [
        "Artifact link was not kept: Only ordinary files are kept.",
        "Artifact sub/pipe was not kept: Only ordinary files are kept.",
    ]


def test_archive_with_a_working_directory(begun: Attempt) -> None:
    files = {"app/main.py": "import pathlib; print(pathlib.Path('data.txt').read_text())", "app/data.txt": "found"}
    lease = begun(zip_of(files), file_name="p.zip", entrypoint_path="app/main.py", working_directory="app")
    assert RobotKind().run(lease).status is Status.COMPLETED
    assert messages(lease) == ["found"]


def test_shell_script(begun: Attempt) -> None:
    lease = begun("echo hello $1 from $PWD\n", file_name="run.sh", entrypoint_type="SHELL", arguments=["you"])
    assert RobotKind().run(lease).status is Status.COMPLETED, messages(lease)
    assert messages(lease)[0].startswith("hello you")


def test_executable(begun: Attempt) -> None:
    source = Path("/bin/echo").read_bytes()
    lease = begun(source, file_name="echo.exe", entrypoint_type="EXE", arguments=["hello"])
    assert RobotKind().run(lease).status is Status.COMPLETED, messages(lease)
    assert messages(lease) == ["hello"]


def test_robot_framework_suite(begun: Attempt) -> None:
    suite = "*** Test Cases ***\nGreets\n    Log To Console    hello\n    Should Be Equal    a    a\n"
    lease = begun(suite, file_name="suite.robot", entrypoint_type="ROBOT")
    assert RobotKind().run(lease).status is Status.COMPLETED, messages(lease)
    assert {"log.html", "report.html", "output.xml"} <= set(artifacts(lease))
    assert any("1 test, 1 passed" in message for message in messages(lease))


def test_failing_suite(begun: Attempt) -> None:
    suite = "*** Test Cases ***\nFails\n    Should Be Equal    a    b\n"
    lease = begun(suite, file_name="suite.robot", entrypoint_type="ROBOT")
    assert RobotKind().run(lease) == Outcome(Status.FAILED, 1, "Process returned exit code 1", retryable=True)
    assert "log.html" in artifacts(lease)


def test_dependencies_of_the_script(begun: Attempt, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    make_wheel(tmp_path / "registry")
    monkeypatch.setenv("UV_DEFAULT_INDEX", (tmp_path / "registry").as_uri())
    lease = begun('# /// script\n# dependencies = ["greeting"]\n# ///\nimport greeting; print(greeting.WORD)\n')
    assert RobotKind().run(lease).status is Status.COMPLETED, messages(lease)
    assert messages(lease)[-1] == "hello"


def test_dependencies_that_do_not_exist(begun: Attempt, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "registry").mkdir()
    monkeypatch.setenv("UV_DEFAULT_INDEX", (tmp_path / "registry").as_uri())
    lease = begun('# /// script\n# dependencies = ["no-such-package"]\n# ///\n')
    outcome = RobotKind().run(lease)
    assert (outcome.status, outcome.retryable) == (Status.FAILED, False)
    assert "no-such-package" in outcome.error_message
    assert any("no-such-package" in message for message in messages(lease))


def test_a_package_that_is_gone(begun: Attempt) -> None:
    lease = begun("print(1)")
    tenant_storage.delete(Run.objects.get(pk=lease.execution_id).version.storage_name)
    outcome = RobotKind().run(lease)
    assert (outcome.status, outcome.retryable) == (Status.FAILED, False)


def test_without_the_sandbox_that_is_required(begun: Attempt, settings: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    settings.ENV = settings.ENV.model_copy(update={"robot_sandbox": "required"})
    monkeypatch.setattr("apps.robots.sandbox.available._found", None)
    monkeypatch.setenv("PATH", "/nowhere")
    outcome = RobotKind().run(begun("print(1)"))
    assert (outcome.status, outcome.retryable) == (Status.FAILED, True)
    assert "bubblewrap" in outcome.error_message


@pytest.mark.skipif(shutil.which("bwrap") is None, reason="needs bubblewrap")
def test_it_really_is_in_a_sandbox(begun: Attempt, tmp_path: Path) -> None:
    assert sandbox_available(tmp_path).available
    ours = str(BASE_DIR / "manage.py")
    lease = begun(f"import os; print(os.getpid() < 10, os.path.exists({ours!r}), sorted(os.listdir('/')))")
    assert RobotKind().run(lease).status is Status.COMPLETED
    assert messages(lease)[0].startswith("True False")


@pytest.mark.skipif(shutil.which("bwrap") is None, reason="needs bubblewrap")
def test_its_own_directories_hold_nothing_of_ours(begun: Attempt) -> None:
    """Wherever we are installed: what this test installs lies below /tmp, which the robot has its own of."""
    lease = begun("import os; print(os.listdir(), os.listdir('/tmp'), os.listdir(os.environ['OFICINA_ARTIFACTS']))")
    RobotKind().run(lease)
    assert messages(lease) == ["['main.py'] [] []"]


def test_the_log_goes_on_after_an_earlier_attempt(begun: Attempt) -> None:
    lease = begun("print('again')")
    lease.last_seq = 5
    Execution.objects.filter(pk=lease.execution_id).update(last_seq=5)
    RobotKind().run(lease)
    assert [line.seq for line in log_lines(execution=Execution.objects.get(pk=lease.execution_id))] == [6]


def test_cancelling_does_not_wait_for_an_installation(begun: Attempt, monkeypatch: pytest.MonkeyPatch) -> None:
    release = threading.Event()
    cache = installation.environment_cache()

    def build(_directory: Path, _wanted: object) -> None:
        release.wait(30)
        raise EnvironmentFailed

    monkeypatch.setattr(cache, "_build", build)
    lease = begun('# /// script\n# dependencies = ["slow"]\n# ///\n')
    threading.Timer(0.8, lease.control.cancelled.set).start()
    try:
        assert RobotKind().run(lease).status is Status.CANCELLED
        assert messages(lease) == ["Preparing Python: slow"]
    finally:
        release.set()
