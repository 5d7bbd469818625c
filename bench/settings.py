"""The product's settings, with the routes of bench/urls.py."""

from __future__ import annotations

from config.settings import *  # noqa: F403  # the product's, all of them

ROOT_URLCONF = PLATFORM_URLCONF = "bench.urls"
