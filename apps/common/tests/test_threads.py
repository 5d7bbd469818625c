from __future__ import annotations

import threading
import time
from collections.abc import Callable

import pytest
from structlog.testing import capture_logs

from apps.common import threads
from apps.common.threads import forever

NAME = threading.current_thread().name


@pytest.fixture
def failing(monkeypatch: pytest.MonkeyPatch) -> Callable[[], None]:
    """Fails at once, in one way after the other; the last ends the process."""
    monkeypatch.setattr(threads, "PAUSE_SECONDS", 0.05)
    left: list[BaseException] = [SystemExit(), OSError("no space left"), ValueError()]

    def act() -> None:
        raise left.pop()

    return act


def test_it_works(failing: Callable[[], None]) -> None:
    """Whatever goes wrong it goes on, up to the end of its process."""
    with pytest.raises(SystemExit):
        forever(failing)


def test_what_went_wrong_is_told(failing: Callable[[], None]) -> None:
    with capture_logs() as logs, pytest.raises(SystemExit):
        forever(failing)
    assert [(entry["event"], entry["thread"]) for entry in logs] == 2 * [("thread_failed", NAME)]
    assert all(entry["exc_info"] for entry in logs)


def test_it_rests_before_it_goes_on(failing: Callable[[], None]) -> None:
    began = time.monotonic()
    with pytest.raises(SystemExit):
        forever(failing)
    assert time.monotonic() - began >= 2 * threads.PAUSE_SECONDS


def test_what_cannot_be_told_of_holds_nothing_up(failing: Callable[[], None], monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_arguments: object, **_facts: object) -> None:
        raise OSError("no space left")

    monkeypatch.setattr(threads.logger, "exception", refuse)
    with pytest.raises(SystemExit):
        forever(failing)
