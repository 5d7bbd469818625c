"""Beat keeps nothing: its ticks may come twice or late."""

from __future__ import annotations

from pathlib import Path

from config.celery import app
from config.embedded import BASE_DIRECTORY
from tests.engine import until
from tests.live import Live


def test_it_works(live: Live) -> None:
    def files() -> set[Path]:
        places = [BASE_DIRECTORY, live.directory, live.directory / "data"]
        return {path for place in places for path in place.glob("*beat*") if path.suffix != ".log"}

    before = files()
    beat = live.beat(LOG_LEVEL="INFO")
    until(lambda: "beat: Starting" in beat.output())
    assert files() == before
    beat.terminate()
    assert beat.wait(30) in {0, -15}


def test_every_tick_has_its_task() -> None:
    app.loader.import_default_modules()
    for entry in app.conf.beat_schedule.values():
        assert entry["task"] in app.tasks
