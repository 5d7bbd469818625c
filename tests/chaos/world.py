"""What the chaos happens to: web, workers and beat as real processes, each with a way to the servers of its own."""

from __future__ import annotations

import os
import sys
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Protocol
from urllib.parse import quote, urlsplit, urlunsplit

import httpx
import psutil
import redis

from apps.common.testing import eventually
from tests.chaos.history import History
from tests.chaos.proxy import Proxy
from tests.live import Process
from tests.running import free_port

RESPAWN_SECONDS = 0.3
START_SECONDS = 120


class Server(Protocol):
    """PostgreSQL or Redis of :mod:`config.servers`."""

    def pid(self) -> int | None: ...

    def start(self) -> object: ...

    def stop(self) -> None: ...


@dataclass
class Member:
    """One process of the fleet, started again whenever it is gone."""

    name: str
    role: str
    arguments: list[str]
    environment: dict[str, str]
    postgresql: Proxy
    log: Path
    port: int = 0
    process: Process | None = None

    def begin(self) -> None:
        self.process = Process(self.name, [sys.executable, *self.arguments], os.environ | self.environment, self.log)

    @property
    def pid(self) -> int:
        return self.process.pid if self.process is not None else 0

    def children(self) -> list[psutil.Process]:
        return self.process.descendants() if self.process is not None else []

    def guardian(self) -> psutil.Process | None:
        """The process that stands between a worker and its robots."""
        with suppress(psutil.NoSuchProcess):
            for child in psutil.Process(self.pid).children():
                if any("guardian" in part for part in child.cmdline()):
                    return child
        return None


@dataclass
class Fleet:
    """All members, and the thread that keeps them running, as a service manager would."""

    history: History
    members: list[Member] = field(default_factory=list)
    _over: threading.Event = field(default_factory=threading.Event)

    def of_role(self, role: str) -> list[Member]:
        return [member for member in self.members if member.role == role]

    @contextmanager
    def running(self) -> Iterator[Fleet]:
        for member in self.members:
            member.begin()
        keeper = threading.Thread(target=self._keep, name="fleet", daemon=True)
        keeper.start()
        try:
            yield self
        finally:
            self._over.set()
            keeper.join(10)
            for member in self.members:
                if member.process is not None:
                    with suppress(ProcessLookupError):
                        member.process.resume()
                    member.process.end()

    def _keep(self) -> None:
        while not self._over.wait(RESPAWN_SECONDS):
            for member in self.members:
                if member.process is not None and not member.process.running:
                    self.history.note("started", member=member.name, after=member.process.popen.returncode)
                    member.begin()


@dataclass
class World:
    """Servers, the ways to them, and the fleet."""

    fleet: Fleet
    postgresql: Server | None
    """None where the server is not ours to restart."""
    redis: Server
    redis_url: str
    redis_proxy: Proxy

    def webs(self) -> list[str]:
        return [f"http://127.0.0.1:{member.port}" for member in self.fleet.of_role("web")]

    def redis_flush(self) -> None:
        with redis.Redis.from_url(self.redis_url) as client:
            client.flushall()

    def proxies(self) -> list[Proxy]:
        return [self.redis_proxy, *(member.postgresql for member in self.fleet.members)]

    def wait_until_ready(self) -> None:
        """Until every web process answers and every worker has a guardian or has told of itself."""
        eventually(lambda: all(map(_answers, self.webs())), seconds=START_SECONDS, interval=0.1)


def _answers(url: str) -> bool:
    with suppress(httpx.TransportError):
        return httpx.get(f"{url}/ready", timeout=5).status_code == httpx.codes.OK
    return False


@contextmanager
def world(
    *,
    history: History,
    directory: Path,
    database_url: str,
    redis_url: str,
    redis_server: Server,
    postgresql_server: Server | None,
    webs: int,
    workers: int,
    environment: Mapping[str, str],
) -> Iterator[World]:
    """Everything started and, in the end, nothing left."""
    with ExitStack() as stack:
        redis_proxy = stack.enter_context(Proxy(_socket_of_redis(redis_url)))
        common = {**environment, "REDIS_URL": _through(redis_url, redis_proxy.port, path="/0"), "DEBUG": "false"}
        fleet = Fleet(history)

        def member(name: str, role: str, arguments: Callable[[int], list[str]]) -> None:
            proxy = stack.enter_context(Proxy(_socket_of_postgresql(database_url)))
            port = free_port()
            own = common | {"DATABASE_URL": _through(database_url, proxy.port), "DATA_DIR": str(directory / "data")}
            fleet.members.append(Member(name, role, arguments(port), own, proxy, directory / f"{name}.log", port))

        for number in range(webs):
            member(f"web{number}", "web", _web)
        for number in range(workers):
            member(f"worker{number}", "worker", lambda _port, number=number: _worker(f"worker{number}"))  # type: ignore[misc]
        member("beat", "beat", lambda _port: ["-m", "celery", "--quiet", "-A", "config", "beat", "--pidfile="])
        stack.enter_context(fleet.running())
        made = World(fleet, postgresql_server, redis_server, redis_url, redis_proxy)
        made.wait_until_ready()
        yield made


def _web(port: int) -> list[str]:
    return [
        *("-m", "uvicorn", "config.asgi:application", "--host", "127.0.0.1", "--port", str(port)),
        *("--ws", "config.sockets:SocketProtocol", "--lifespan", "off", "--no-access-log", "--log-level", "warning"),
    ]


def _worker(name: str) -> list[str]:
    return [
        *("-m", "celery", "--quiet", "-A", "config", "worker", "--hostname", f"{name}@%h"),
        *("--without-gossip", "--without-mingle", "--loglevel", "WARNING"),
    ]


def _socket_of_postgresql(url: str) -> Path:
    return Path(urlsplit(url).query.partition("host=")[2].replace("%2F", "/")) / ".s.PGSQL.5432"


def _socket_of_redis(url: str) -> Path:
    return Path(urlsplit(url).path)


def _through(url: str, port: int, *, path: str | None = None) -> str:
    """The same server, user and database, by way of a proxy."""
    parts = urlsplit(url)
    scheme = "redis" if parts.scheme == "unix" else parts.scheme
    login = f"{parts.username or ''}:{quote(parts.password or '', safe='%')}@"
    return urlunsplit((scheme, f"{login}127.0.0.1:{port}", parts.path if path is None else path, "", ""))
