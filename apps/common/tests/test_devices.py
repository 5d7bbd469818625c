"""What people read in the place of a ``User-Agent``."""

from __future__ import annotations

import pytest
from django.utils import translation

from apps.common.devices import device_text

FIREFOX = "Mozilla/5.0 (Windows NT 10.0; Win64; x64; rv:128.0) Gecko/20100101 Firefox/128.0"
CHROME = "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/129.0.0.0 Safari/537.36"


@pytest.mark.parametrize(
    ("said", "told"),
    [
        (FIREFOX, "Firefox on Windows"),
        (CHROME, "Chrome on Linux"),
        ("curl/8.1.2", "curl"),
        ("python-httpx/0.28.1", "python-httpx/0.28.1"),
        ("<script>", "<script>"),
        ("", ""),
    ],
)
def test_it_works(said: str, told: str) -> None:
    assert device_text(said) == told


def test_in_the_language_of_the_reader() -> None:
    with translation.override("pt-br"):
        assert device_text(FIREFOX) == "Firefox em Windows"
