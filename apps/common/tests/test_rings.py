from __future__ import annotations

from typing import Any

import pytest

from apps.common.rings import task_ring
from config.celery import app


def test_a_connection_that_is_closed_beneath_it(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    """What the library raises then, in the thread of whoever made an organization."""

    def closed(*_given: Any, **_named: Any) -> None:
        raise AttributeError("'NoneType' object has no attribute 'state'")

    monkeypatch.setattr(app, "send_task", closed)
    task_ring("some.task", expires=1)
    assert "task_not_rung" in caplog.text
    assert "AttributeError" in caplog.text
