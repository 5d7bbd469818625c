"""Addresses below ``/portal/``: none hides a domain, for their first words are no slugs."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from django.urls import URLPattern, URLResolver

from apps.portal.models.domain import RESERVED_SLUGS
from config import urls, urls_platform


def addresses(patterns: list[URLPattern | URLResolver], before: str = "") -> Iterator[str]:
    for each in patterns:
        address = before + str(each.pattern)
        if isinstance(each, URLResolver):
            if address.startswith("portal/") or "portal/".startswith(address):
                yield from addresses(each.url_patterns, address)
        elif address.startswith("portal/"):
            yield address


@pytest.mark.parametrize("module", [urls, urls_platform])
def test_first_words_are_reserved(module: object) -> None:
    firsts = {address.split("/")[1] for address in addresses(module.urlpatterns)}  # type: ignore[attr-defined]
    words = {word for word in firsts if word.replace("-", "").isalnum()}
    assert "docs" in words
    assert words <= RESERVED_SLUGS
