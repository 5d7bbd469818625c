from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from django.core.checks import run_checks

from apps.robots.checks import SANDBOX_MISSING, sandbox_errors


@pytest.fixture(autouse=True)
def _without_bubblewrap(tmp_path: Path, settings: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("apps.robots.sandbox.available._found", None)
    monkeypatch.setenv("PATH", "/nowhere")
    settings.ENV = settings.ENV.model_copy(update={"data_dir": tmp_path})


def test_it_works(settings: Any) -> None:
    settings.ENV = settings.ENV.model_copy(update={"robot_sandbox": "required"})
    (error,) = sandbox_errors()
    assert error.id == SANDBOX_MISSING
    assert "bubblewrap" in error.msg
    assert SANDBOX_MISSING in {found.id for found in run_checks(tags=["security"], include_deployment_checks=True)}


def test_where_it_is_not_required(settings: Any) -> None:
    for mode in ("auto", "off"):
        settings.ENV = settings.ENV.model_copy(update={"robot_sandbox": mode})
        assert sandbox_errors() == []
