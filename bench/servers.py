"""The servers of a benchmark: real ones, of its own, with the durability of production."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from config import embedded
from config.embedded import EmbeddedServers

DIRECTORY = embedded.BASE_DIRECTORY / ".data" / "bench"
_DAY = "86400"
# What would stop a client that sends a thousand requests a second is counted all the same, only never spent.
_UNLIMITED = "100000000/hour"


@contextmanager
def main_servers() -> Iterator[EmbeddedServers]:
    """New servers for this run, and the environment that points this process and all it starts to them."""
    directory = DIRECTORY / "main"
    shutil.rmtree(directory, ignore_errors=True)
    servers = embedded.ensure(directory)
    try:
        os.environ.update(environment(servers, directory))
        yield servers
    finally:
        servers.stop()


def environment(servers: EmbeddedServers, directory: Path) -> dict[str, str]:
    """Variables of every process of a benchmark: the defaults but for rates, the life of tokens, and where data lie."""
    return embedded.environment(servers) | {
        "DATA_DIR": str(directory),
        "ACCESS_TOKEN_SECONDS": _DAY,
        "RATE_LIMIT_API": _UNLIMITED,
        "RATE_LIMIT_ANONYMOUS": _UNLIMITED,
        "RATE_LIMIT_LOGIN": _UNLIMITED,
        "VIEWERS_PER_PERSON": str(10**6),
        "DJANGO_SETTINGS_MODULE": "config.settings",
    }
