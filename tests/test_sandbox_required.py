"""A worker that must put robots into a sandbox, on a machine that has none."""

from __future__ import annotations

from tests.live import Live


def test_it_does_not_start(live: Live) -> None:
    process = live.start(
        "worker",
        *("-m", "celery", "-A", "config", "worker", "--without-gossip", "--without-mingle"),
        ROBOT_SANDBOX="required",
        PATH="/nowhere",
    )
    assert process.wait(30) != 0
    assert "robots.E001: ROBOT_SANDBOX=required, but bubblewrap (bwrap) is not installed" in process.output()
