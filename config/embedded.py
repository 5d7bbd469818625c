"""
The embedded default: with no DATABASE_URL or REDIS_URL, the program brings its own servers.

They are real ones, they listen on Unix sockets only, and their data lives in one directory. Processes that use the same
directory share them; the last one to stop turns them off, the leftovers of a killed one included.

    python -m config.embedded status|stop
"""

from __future__ import annotations

import atexit
import os
import subprocess
import sys
from collections.abc import Callable, Mapping
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path

from config.servers.account import Account, let_pass, server_account
from config.servers.directories import socket_directory
from config.servers.generated import FILE_NAME, Generated, generated_secrets
from config.servers.postgresql import Postgresql
from config.servers.redis import Redis
from config.servers.sharing import Users, alone

BASE_DIRECTORY = Path(__file__).resolve().parent.parent
Report = Callable[[str], None]


def to_terminal(line: str) -> None:
    """Progress goes to standard error: a command's output may be read by another program."""
    sys.stderr.write(f"{line}\n")


@dataclass
class EmbeddedServers:
    """This process's share in the running servers; `stop` gives it back."""

    postgresql: Postgresql | None
    redis: Redis | None
    secrets: Generated
    users: Users
    children: list[subprocess.Popen[bytes]] = field(default_factory=list)

    @property
    def present(self) -> list[Postgresql | Redis]:
        return [server for server in (self.redis, self.postgresql) if server]

    def stop(self) -> bool:
        """Stop the servers unless another process still uses them; return whether they are down. Twice does no harm."""
        if self.users.left:
            return not any(server.pid() for server in self.present)
        last = self.users.am_last()
        if last:
            for server in self.present:
                server.stop()
            for child in self.children:
                child.wait(timeout=5)
        self.users.leave()
        return last


def ensure(
    data_directory: Path,
    *,
    for_tests: bool = False,
    database: bool = True,
    redis: bool = True,
    report: Report = to_terminal,
) -> EmbeddedServers:
    """
    Attach to the servers of the data directory, starting those that do not run.

    Servers for tests trade durability for speed. Raises ServerError with what to do when a server cannot be had.
    """
    data_directory = data_directory.resolve()
    data_directory.mkdir(mode=0o700, parents=True, exist_ok=True)
    users = Users(data_directory)
    with alone(data_directory / "servers.lock"):
        secrets = generated_secrets(data_directory)
        account = server_account()
        if account:
            for opened in let_pass(data_directory / "postgresql"):
                report(f"Letting the servers' account pass through {opened}")
        servers = EmbeddedServers(
            postgresql=_postgresql(data_directory, secrets, account, for_tests=for_tests) if database else None,
            redis=_redis(data_directory, secrets, account, for_tests=for_tests) if redis else None,
            secrets=secrets,
            users=users,
        )
        with ExitStack() as undo:
            undo.callback(servers.stop)
            for server in servers.present:
                _bring_up(server, servers, report)
            undo.pop_all()
    return servers


def _bring_up(server: Postgresql | Redis, servers: EmbeddedServers, report: Report) -> None:
    if server.ready():
        return
    if server.pid():
        report(f"Stopping a {server.name} that was left behind")
        server.stop()
    report(f"Starting {server.name} in {server.directory}")
    servers.children.append(server.start())


def _postgresql(data: Path, secrets: Generated, account: Account | None, *, for_tests: bool) -> Postgresql:
    return Postgresql(
        directory=data / "postgresql",
        sockets=socket_directory(data, account),
        log=data / "postgresql.log",
        superuser_password=secrets.postgresql_superuser_password,
        password=secrets.postgresql_password,
        account=account,
        for_tests=for_tests,
    )


def _redis(data: Path, secrets: Generated, account: Account | None, *, for_tests: bool) -> Redis:
    return Redis(
        directory=data / "redis",
        sockets=socket_directory(data, account),
        log=data / "redis.log",
        password=secrets.redis_password,
        account=account,
        for_tests=for_tests,
    )


def environment(servers: EmbeddedServers) -> dict[str, str]:
    """The variables that point the program to these servers, with the keys it needs."""
    urls = {"DATABASE_URL": servers.postgresql, "REDIS_URL": servers.redis}
    return {name: server.url for name, server in urls.items() if server} | keys(servers.secrets)


def keys(secrets: Generated) -> dict[str, str]:
    return {
        "SECRET_KEY": secrets.secret_key,
        "JWT_KEYS": secrets.jwt_keys,
        "DEMO_PASSWORD": secrets.demo_password,
    }


def data_directory() -> Path:
    return Path(os.environ.get("DATA_DIR") or BASE_DIRECTORY / ".data")


def given(name: str) -> bool:
    """Whether somebody configured the variable, itself or as a file."""
    return bool(os.environ.get(name) or os.environ.get(f"{name}_FILE"))


def export(variables: Mapping[str, str]) -> None:
    """Set what nobody configured."""
    os.environ.update({name: value for name, value in variables.items() if not given(name)})


def activate() -> None:
    """
    Give a command its servers: attach to those that run, or start them and stop them when the command ends.

    Does nothing where DATABASE_URL and REDIS_URL are set, but for lending keys that `make run` made here before.
    """
    database, redis = not given("DATABASE_URL"), not given("REDIS_URL")
    if database or redis:
        servers = ensure(data_directory(), database=database, redis=redis)
        atexit.register(servers.stop)
        export(environment(servers))
    elif (data_directory() / FILE_NAME).exists():
        export(keys(generated_secrets(data_directory())))


def main(arguments: list[str]) -> int:
    """`status` tells whether the servers run; `stop` stops them when nobody uses them."""
    data = data_directory().resolve()
    if arguments not in (["status"], ["stop"]):
        to_terminal("usage: python -m config.embedded status|stop")
        return 2
    if not data.exists():
        to_terminal(f"There is no {data}")
        return 0
    secrets, account, users = generated_secrets(data), server_account(), Users(data)
    servers = EmbeddedServers(
        _postgresql(data, secrets, account, for_tests=False),
        _redis(data, secrets, account, for_tests=False),
        secrets,
        users,
    )
    if arguments == ["stop"] and not servers.stop():
        to_terminal(f"The servers in {data} are in use")
        return 1
    for server in servers.present:
        pid = server.pid()
        to_terminal(f"{server.name}: " + (f"running, pid {pid}" if pid else "stopped"))
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
