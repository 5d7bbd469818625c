"""
Real processes of the product, with a database and a Redis of their own that a test may treat badly.

    def test_it(live: Live) -> None:
        worker = live.worker()
        ...
        worker.kill()

The test itself looks at the same database, rings at the same Redis and keeps files in the same place as those
processes.
"""

from __future__ import annotations

import contextlib
import os
import shutil
import signal
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx
import psutil
import pytest
import redis

from apps.common.testing import eventually
from config import embedded
from config.broker import broker_url
from config.servers.redis import Redis as RedisServer
from tests.databases import copied, database_in_use, dropped, migrated, url_of
from tests.running import free_port

ROOT = embedded.BASE_DIRECTORY
START_SECONDS = 90  # on a busy machine
SLOTS = 4  # of each worker, unless a test says otherwise
LEASE_SECONDS = 10
SHORT_LEASE_SECONDS = 5.0  # a busy machine may keep a heart from beating for seconds


class Process:
    """One started process, its output, and the ways to hurt it."""

    def __init__(self, name: str, arguments: list[str], environment: dict[str, str], log: Path) -> None:
        self.name, self.log = name, log
        with log.open("ab") as output:
            self.popen = subprocess.Popen(
                arguments,
                cwd=ROOT,
                env=environment,
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )

    @property
    def pid(self) -> int:
        return self.popen.pid

    @property
    def running(self) -> bool:
        return self.popen.poll() is None

    def output(self) -> str:
        return self.log.read_text(encoding="utf-8", errors="replace")

    def descendants(self) -> list[psutil.Process]:
        try:
            return psutil.Process(self.pid).children(recursive=True)
        except psutil.NoSuchProcess:
            return []

    def kill(self) -> None:
        """SIGKILL, as by the kernel when memory ends."""
        self.popen.kill()
        self.popen.wait(10)

    def terminate(self) -> None:
        """SIGTERM, as by a deployment; does not wait."""
        self.popen.terminate()

    def interrupt(self) -> None:
        """SIGINT, as by Ctrl-C; does not wait."""
        self.popen.send_signal(signal.SIGINT)

    def pause(self) -> None:
        self.popen.send_signal(signal.SIGSTOP)

    def resume(self) -> None:
        self.popen.send_signal(signal.SIGCONT)

    def wait(self, seconds: float = 10) -> int:
        return self.popen.wait(seconds)

    def end(self) -> None:
        """Leaves nothing of it behind."""
        children = self.descendants()
        if self.running:
            self.popen.kill()
        self.popen.wait(10)
        for child in children:
            with contextlib.suppress(psutil.NoSuchProcess):
                child.kill()


@dataclass
class Home:
    """The database of one session's live tests, with two organizations in it."""

    database: str
    url: str
    schemas: tuple[str, str] = ("", "")


@dataclass
class Live:
    """What a test starts. Everything is gone when the test ends."""

    home: Home
    redis: RedisServer
    directory: Path
    environment: dict[str, str] = field(default_factory=dict)
    processes: list[Process] = field(default_factory=list)

    @property
    def schema(self) -> str:
        return self.home.schemas[0]

    @property
    def other_schema(self) -> str:
        return self.home.schemas[1]

    def start(self, name: str, *arguments: str, **environment: str) -> Process:
        """``python <arguments>`` with this test's servers; variables are given as keywords."""
        log = self.directory / f"{name}-{len(self.processes)}.log"
        process = Process(name, [sys.executable, *arguments], os.environ | self.environment | environment, log)
        self.processes.append(process)
        return process

    def worker(self, name: str = "worker", *, include: str = "tests.kinds", **environment: str) -> Process:
        """A Celery worker that serves slots, once it is ready. ``include`` names modules that register kinds."""
        from apps.dispatch.models import Worker  # noqa: PLC0415  # Django is set up by now

        process = self.start(
            name,
            *("-m", "celery", "-A", "config", "worker", "--hostname", f"{name}@%h", "--include", include),
            *("--without-gossip", "--without-mingle", "--loglevel", "WARNING"),
            **environment,
        )
        self._ready(process, lambda: Worker.objects.filter(pid=process.pid).exists())
        return process

    def beat(self, **environment: str) -> Process:
        return self.start("beat", "-m", "celery", "-A", "config", "beat", "--pidfile=", **environment)

    def http(self, **environment: str) -> Web:
        """What answers HTTP in production, on a port of its own, once it answers: several processes, and no sockets."""
        port = free_port()
        own = {"HOST": "127.0.0.1", "PORT": str(port), "TMPDIR": str(self.directory)}
        process = self.start("http", "-m", "config.web", **own | environment)
        web = Web(process, f"http://127.0.0.1:{port}")
        self._ready(process, web.answers)
        return web

    def web(self, **environment: str) -> Web:
        """One process for HTTP and sockets, as `make run` starts it, on a port of its own, once it answers."""
        return self.web_at(free_port(), **environment)

    def web_at(self, port: int, **environment: str) -> Web:
        """The web process on this port, say that of one that has ended."""
        own = {"PUBLIC_URL": f"http://localhost:{port}"}
        process = self.start(
            "web",
            *("-m", "uvicorn", "config.asgi:application", "--host", "127.0.0.1", "--port", str(port)),
            *("--ws", "config.sockets:SocketProtocol", "--lifespan", "off"),
            *("--no-access-log", "--timeout-graceful-shutdown", "3"),
            **own | environment,
        )
        web = Web(process, f"http://127.0.0.1:{port}")
        self._ready(process, web.answers)
        return web

    def manage(self, *arguments: str, seconds: float = 60) -> str:
        """Runs a management command; returns what it printed."""
        done = subprocess.run(
            [sys.executable, "manage.py", *arguments],
            cwd=ROOT,
            env=os.environ | self.environment,
            capture_output=True,
            text=True,
            timeout=seconds,
            check=True,
        )
        return done.stdout

    def redis_stop(self) -> None:
        self.redis.stop()

    def redis_start(self) -> None:
        self.redis.start()

    def redis_flush(self) -> None:
        with redis.Redis.from_url(self.redis.url) as client:
            client.flushall()

    def end(self) -> None:
        for process in self.processes:
            process.end()

    @staticmethod
    def _ready(process: Process, probe: Any) -> None:
        def ready() -> bool:
            assert process.running, process.output()[-4000:]
            return bool(probe())

        eventually(ready, seconds=START_SECONDS)


@dataclass
class Web:
    """The running web process."""

    process: Process
    url: str

    @property
    def port(self) -> int:
        return int(self.url.rpartition(":")[2])

    def url_of(self, slug: str) -> str:
        """The address of an organization's own host, for browsers, which know where names below localhost lead."""
        return f"http://{slug}.localhost:{self.port}"

    def answers(self) -> bool:
        with contextlib.suppress(httpx.TransportError):
            return httpx.get(f"{self.url}/health", timeout=2).status_code < 500
        return False


@contextmanager
def redis_in_use(url: str) -> Iterator[None]:
    """This process's Celery and channel layer work on another Redis."""
    from channels.layers import channel_layers  # noqa: PLC0415  # Django is set up by now
    from django.test import override_settings  # noqa: PLC0415

    from apps.dispatch.testing import broker_forget  # noqa: PLC0415
    from config.celery import app  # noqa: PLC0415

    def switch(to: str) -> None:
        app.conf.broker_url = broker_url(to)
        broker_forget()
        channel_layers.backends.clear()

    layer = {
        "BACKEND": "channels_redis.pubsub.RedisPubSubChannelLayer",
        "CONFIG": {"hosts": [url], "prefix": "oficina"},
    }
    before = os.environ["REDIS_URL"]
    with override_settings(REDIS_URL=url, CHANNEL_LAYERS={"default": layer}):
        switch(url)
        try:
            yield
        finally:
            switch(before)


@contextmanager
def storage_in_use(folder: Path) -> Iterator[None]:
    """This process keeps files where the processes of the test look for them."""
    from django.conf import settings  # noqa: PLC0415  # Django is set up by now
    from django.test import override_settings  # noqa: PLC0415

    files = {"BACKEND": "django.core.files.storage.FileSystemStorage", "OPTIONS": {"location": str(folder)}}
    with override_settings(STORAGES=settings.STORAGES | {"default": files}):
        yield


@pytest.fixture(scope="session")
def live_home(django_db_blocker: Any) -> Iterator[Home]:
    """Made once per session: even from a copy, two organizations take a second."""
    database = f"oficina_live_{os.getpid()}"
    home = Home(database=database, url=url_of(database))
    dropped(database)
    copied(migrated(django_db_blocker), database)
    try:
        with django_db_blocker.unblock(), database_in_use(database):
            home.schemas = _organizations()
        yield home
    finally:
        dropped(database)


def _organizations() -> tuple[str, str]:
    from django.core.management import call_command  # noqa: PLC0415  # Django is set up by now

    from apps.tenants.services.organizations import organization_create  # noqa: PLC0415

    call_command("migrate_organizations")
    return organization_create(name="Acme").schema_name, organization_create(name="Rival").schema_name


@pytest.fixture
def live(live_home: Home, django_db_blocker: Any) -> Iterator[Live]:
    """An empty queue, no mails, a fresh Redis, and nothing running yet."""
    with _started(live_home, django_db_blocker) as started:
        yield started


@pytest.fixture(scope="module")
def live_module(live_home: Home, django_db_blocker: Any) -> Iterator[Live]:
    """The same for all tests of a module, which then do nothing to its processes that another would mind."""
    with _started(live_home, django_db_blocker) as started:
        yield started


@contextmanager
def _started(home: Home, blocker: Any) -> Iterator[Live]:
    directory = Path(tempfile.mkdtemp(prefix="oficina-live-"))
    with ExitStack() as undo:
        undo.callback(shutil.rmtree, directory)
        servers = embedded.ensure(directory / "data", for_tests=True, database=False, report=lambda _line: None)
        undo.callback(servers.stop)
        assert servers.redis is not None
        environment = {
            "DATABASE_URL": home.url,
            "REDIS_URL": servers.redis.url,
            "DATA_DIR": str(directory / "data"),
            "LEASE_SECONDS": str(LEASE_SECONDS),
            "WORKER_SLOTS": str(SLOTS),
            "PYTHONUNBUFFERED": "1",
        }
        undo.enter_context(blocker.unblock())
        undo.enter_context(database_in_use(home.database))
        undo.enter_context(redis_in_use(servers.redis.url))
        undo.enter_context(storage_in_use(directory / "data" / "storage"))
        _empty_queue()
        started = Live(home, servers.redis, directory, environment)
        undo.callback(started.end)
        yield started


@pytest.fixture
def short_leases(live: Live) -> None:
    """For tests that wait for leases to end."""
    live.environment["LEASE_SECONDS"] = str(SHORT_LEASE_SECONDS)


def _empty_queue() -> None:
    from apps.dispatch.models import Ticket, Worker  # noqa: PLC0415  # Django is set up by now
    from apps.mail.models import OutgoingMail  # noqa: PLC0415
    from apps.tenants.context import public_context  # noqa: PLC0415

    with public_context():
        OutgoingMail.objects.all().delete()
        Ticket.objects.all().delete()
        Worker.objects.all().delete()
