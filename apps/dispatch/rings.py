"""The doorbell: a Celery message that says nothing but "something waits in this queue".

Ringing never blocks and never fails. A thread sends, so that a slow or absent Redis costs the caller nothing, and many
rings within a moment become one message. A ring that is lost costs at most a beat of a worker's heart, which looks
for itself; what is to be done stands in PostgreSQL.
"""

from __future__ import annotations

import atexit
import os
import threading
import time
from collections.abc import Callable
from typing import Any

import structlog
from celery import current_app

logger = structlog.get_logger(__name__)
Answer = Callable[[str], None]

TASK = "dispatch.work"
EXPIRES_SECONDS = 60.0
MOMENT_SECONDS = 0.01
LONGEST_MOMENT_SECONDS = 0.05
COMPLAIN_EVERY_SECONDS = 60.0
_answers: list[Answer] = []


def answers(function: Answer) -> Answer:
    """Registers who is called with a queue's name when it rings in this process."""
    _answers.append(function)
    return function


def answer(queue: str) -> None:
    """A ring arrived."""
    for function in _answers:
        function(queue)


class Ringer:
    """Sends rings from a thread of its own: at once, then at most one per queue and moment.

    Moments grow while it rings without a pause: who takes work then takes more of it at a time.
    """

    def __init__(self) -> None:
        self._wanted: set[str] = set()
        self._changed = threading.Condition()
        self._sending = False
        self._pid = 0
        self._complained_at = float("-inf")

    def ring(self, queue: str) -> None:
        with self._changed:
            if self._pid != os.getpid():  # threads do not survive a fork
                self._pid = os.getpid()
                threading.Thread(target=self._run, name="ringer", daemon=True).start()
            self._wanted.add(queue)
            self._changed.notify_all()

    def flush(self, seconds: float) -> bool:
        """Waits until everything was sent, or tried in vain; returns whether it was."""
        with self._changed:
            return self._changed.wait_for(lambda: not self._wanted and not self._sending, seconds)

    def _run(self) -> None:
        moment = MOMENT_SECONDS
        while True:
            with self._changed:
                self._sending = False
                self._changed.notify_all()
                moment = min(1.5 * moment, LONGEST_MOMENT_SECONDS) if self._wanted else MOMENT_SECONDS
                self._changed.wait_for(lambda: self._wanted)
                queues, self._wanted = self._wanted, set()
                self._sending = True
            for queue in queues:
                self._send(queue)
            time.sleep(moment)

    def _send(self, queue: str) -> None:
        try:
            with current_app.producer_pool.acquire(block=True) as producer:
                if not self._one_waits(producer.channel, queue):
                    current_app.send_task(
                        TASK,
                        kwargs={"queue": queue},
                        queue=queue,
                        producer=producer,
                        expires=EXPIRES_SECONDS,
                        retry=False,
                        ignore_result=True,
                    )
        except Exception:  # whatever it was: without this thread nothing would be rung any more
            if time.monotonic() - self._complained_at > COMPLAIN_EVERY_SECONDS:
                self._complained_at = time.monotonic()
                logger.exception("ring_not_sent", queue=queue)

    @staticmethod
    def _one_waits(channel: Any, queue: str) -> bool:
        """Whether a ring was not heard yet: whoever takes that will see what another one would tell.

        So they do not pile up where nobody listens, now or ever: anybody may send a robot to a pool without workers.
        """
        return bool(channel.queue_declare(queue).message_count)


_ringer = Ringer()


def ring(queue: str) -> None:
    """Tells workers that something waits in a queue: soon, once, or not at all. Call it after commit."""
    _ringer.ring(queue)


@atexit.register
def flush(seconds: float = 1.0) -> bool:
    """Waits until the rings of this process were sent; a short-lived command does so when it ends."""
    return _ringer.flush(seconds)
