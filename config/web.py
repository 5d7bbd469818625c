"""HTTP in production: one port, several processes, and metrics that tell of all of them.

    python -m config.web

Sockets and streams have a server of their own: `uvicorn config.asgi:application`.
"""

from __future__ import annotations

import os
from tempfile import TemporaryDirectory

from granian.constants import Interfaces
from granian.log import LogLevels
from granian.server import MPServer

from config.env import Environment, environment
from config.logs import configure_logging

METRICS = "PROMETHEUS_MULTIPROC_DIR"  # prometheus_client's name: where processes count together
WAITING_PER_THREAD = 4
STOP_SECONDS = 20
OUR_LOGGING = {"formatters": {}, "handlers": {}, "loggers": {"_granian": {"handlers": [], "propagate": True}}}


def main() -> None:
    env = environment()
    configure_logging(env.log_format, env.log_level)
    with TemporaryDirectory(prefix="oficina-metrics-") as directory:  # empty: no count of an earlier life
        os.environ[METRICS] = directory
        server(env).serve()


def server(env: Environment) -> MPServer:
    return MPServer(
        "config.wsgi:application",
        interface=Interfaces.WSGI,
        address=env.host,
        port=env.port,
        workers=env.web_processes,
        blocking_threads=env.web_threads,
        backpressure=WAITING_PER_THREAD * env.web_threads,
        websockets=False,
        respawn_failed_workers=True,
        workers_kill_timeout=STOP_SECONDS,
        log_level=LogLevels(env.log_level.lower()),
        log_dictconfig=OUR_LOGGING,
    )


if __name__ == "__main__":
    main()
