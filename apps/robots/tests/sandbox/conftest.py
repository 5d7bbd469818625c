from __future__ import annotations

from pathlib import Path

import pytest

from apps.robots.sandbox.available import sandbox_available
from apps.robots.sandbox.policy import SandboxMode
from apps.robots.tests.running import Runner, runner


@pytest.fixture(scope="session")
def state(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("sandbox")


@pytest.fixture
def sandboxed(state: Path) -> Runner:
    """Runs robots in bubblewrap, or skips where there is none."""
    found = sandbox_available(state)
    if not found.available:
        pytest.skip(f"no sandbox: {found.reason}")
    return runner(state)


@pytest.fixture
def unsandboxed(state: Path) -> Runner:
    return runner(state, SandboxMode.OFF)


@pytest.fixture(params=["sandboxed", "unsandboxed"])
def either(request: pytest.FixtureRequest) -> Runner:
    """Once in bubblewrap, once without: both must keep the same promises."""
    found: Runner = request.getfixturevalue(request.param)
    return found
