"""Rings in tests: letting go of a Redis that a test stops, or takes the place of another."""

from __future__ import annotations

from typing import Any

from celery import current_app
from kombu import pools

from apps.dispatch import rings

REST_SECONDS = 30.0


def broker_forget() -> None:
    """Closes this process's connections to Redis; the next one goes where the settings say by then.

    First the ringer comes to rest: a pool that it opened in between would be closed under it, and stay so.
    """
    if not rings.flush(REST_SECONDS):
        raise AssertionError("the ringer does not come to rest")
    application: Any = current_app
    pools.reset()
    application.amqp._producer_pool = application._pool = None
