"""What tests of every app share."""

from __future__ import annotations

import time
from collections.abc import Callable
from io import BytesIO
from typing import Any, TypeVar

from django.test.client import BOUNDARY, MULTIPART_CONTENT, encode_multipart

T = TypeVar("T")


def eventually(probe: Callable[[], T], *, seconds: float = 10.0, interval: float = 0.02) -> T:
    """Waits until ``probe()`` is truthy and returns it; fails with the last value after ``seconds``."""
    deadline = time.monotonic() + seconds
    while True:
        value = probe()
        if value:
            return value
        if time.monotonic() > deadline:
            raise AssertionError(f"not true within {seconds} s: {probe!r} gave {value!r}")
        time.sleep(interval)


class Arriving(BytesIO):
    """A body that is on its way while something happens; ``sent`` says whether any of it was read."""

    def __init__(self, body: bytes, happens: Callable[[], object]) -> None:
        super().__init__(body)
        self.happens, self.sent = happens, False

    def read(self, size: int | None = -1) -> bytes:
        if not self.sent:
            self.sent = True
            self.happens()
        return super().read(size)


def arriving(client: Any, url: str, form: dict[str, Any], happens: Callable[[], object]) -> tuple[Any, Arriving]:
    """What is answered to a form with files while whose body comes something happens, and that body."""
    body = encode_multipart(BOUNDARY, form)
    stream = Arriving(body, happens)
    more: dict[str, Any] = {"wsgi.input": stream}
    return client.generic("POST", url, body, content_type=MULTIPART_CONTENT, **more), stream


def proven(client: Any) -> Any:
    """Has a browser of tests be held to the proof against forged requests, as real ones are, and carry it."""
    client.handler.enforce_csrf_checks = True
    client.cookies["csrftoken"] = client.defaults["HTTP_X_CSRFTOKEN"] = "x" * 32
    return client
