"""The web process's sockets on a real port, in a thread of the test process."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import uvicorn

from apps.common.testing import eventually
from config.sockets import SocketProtocol


@contextmanager
def serving() -> Iterator[str]:
    """Serves the product's ASGI application as ``make run`` does; gives ``127.0.0.1:<port>``."""
    from config.asgi import application  # noqa: PLC0415  # needs the test settings

    config = uvicorn.Config(
        application,
        host="127.0.0.1",
        port=0,
        ws=SocketProtocol,
        lifespan="off",
        log_config=None,
        access_log=False,
        timeout_graceful_shutdown=1,
    )
    server = uvicorn.Server(config)
    thread = threading.Thread(target=server.run, name="uvicorn", daemon=True)
    thread.start()
    try:
        eventually(lambda: server.started)
        listening: Any = server.servers[0].sockets[0]
        yield f"127.0.0.1:{listening.getsockname()[1]}"
    finally:
        server.should_exit = True
        thread.join(10)
