"""Settings for tools that only read the code, such as mypy: they need no server and no secret, so none is asked for."""

from __future__ import annotations

import os

PLACEHOLDERS = {
    "SECRET_KEY": "only-for-tools-that-read-the-code-and-start-nothing",
    "JWT_KEYS": "tools:b25seS1mb3ItdG9vbHMtdGhhdC1yZWFkLXRoZS1jb2Rl",
    "DATABASE_URL": "postgresql://tools@localhost/tools",
    "REDIS_URL": "redis://localhost/0",
}
for name, value in PLACEHOLDERS.items():
    os.environ.setdefault(name, value)

from config.settings import *  # noqa: E402, F403  # the environment must be complete first
