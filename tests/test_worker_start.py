"""A worker that cannot open its slots."""

from __future__ import annotations

import pytest
from celery.signals import celeryd_after_setup


def test_it_ends_instead_of_going_on_without_them(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def broken(*, name: str) -> None:
        raise ImportError(name)

    monkeypatch.setattr("apps.executions.worker.start", broken)
    with pytest.raises(SystemExit, match="1"):
        celeryd_after_setup.send(sender="worker@here", instance=None, conf=None)
    assert "worker_not_started" in caplog.text
