"""
`make run`: servers, migrations, demo data, then every process of the Procfile, until Ctrl-C.

Whatever this program started is gone when it ends. What a killed one left behind is cleaned up by the next.
"""

from __future__ import annotations

import fcntl
import json
import os
import signal
import socket
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from types import FrameType

from config import embedded
from config.foreground import Foreground, Unattended
from config.servers import processes
from config.servers.errors import ServerError
from config.servers.generated import generated_secrets
from config.welcome import Demo, welcome, when_ready

MARK = "OFICINA_RUN"  # in the environment of everything we start, so that the next run knows what we left behind
PREPARE_SECONDS = 1800


class Refused(Exception):
    """Nothing was started; the message says why."""


def main() -> int:
    signal.signal(signal.SIGINT, _interrupt)
    signal.signal(signal.SIGTERM, _interrupt)
    try:
        with ExitStack() as started:
            return _run(started)
    except (Refused, ServerError, Unattended) as error:
        _say(f"{error}")
        return 1
    except KeyboardInterrupt:
        return 0


def _interrupt(_signal: int, _frame: FrameType | None) -> None:
    raise KeyboardInterrupt


def _say(line: str) -> None:
    print(line, flush=True)


def _run(started: ExitStack) -> int:
    data = embedded.data_directory().resolve()
    host, port = _address()
    started.enter_context(_only_one(data))
    _refuse_a_taken_port(host, port)
    started.callback(_say, "Stopped.")
    _start_servers(data, started)
    _export(data, host, port)
    started.callback(_end_everything_marked, data)
    started.callback(_no_more_interrupts)
    demo: Demo = json.loads(_prepare())
    foreground = Foreground(Path(embedded.BASE_DIRECTORY, "Procfile").read_text(encoding="utf-8"))
    url = f"http://localhost:{port}"
    threading.Thread(target=when_ready, args=(url, lambda: _say(welcome(url, demo)), _say), daemon=True).start()
    return foreground.run()


def _address() -> tuple[str, int]:
    host, port = os.environ.get("HOST") or "127.0.0.1", os.environ.get("PORT") or "8000"
    if not port.isdecimal() or not 0 < int(port) < 2**16:
        raise Refused(f"PORT is {port!r}; it must be a number from 1 to 65535.")
    return host, int(port)


@contextmanager
def _only_one(data: Path) -> Iterator[None]:
    """One run for each data directory; what a killed one left behind ends here."""
    data.mkdir(mode=0o700, parents=True, exist_ok=True)
    with (data / "run.lock").open("a", encoding="utf-8") as file:
        os.register_at_fork(after_in_child=file.close)
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            raise Refused(f"It is already running with the data in {data}.") from error
        _end_everything_marked(data)
        yield


def _refuse_a_taken_port(host: str, port: int) -> None:
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    with socket.socket(family, socket.SOCK_STREAM) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
        except OSError as error:
            raise Refused(
                f"Port {port} cannot be used: {error.strerror}. Try another: PORT={port + 1} make run"
            ) from error


def _start_servers(data: Path, started: ExitStack) -> None:
    database, redis = not embedded.given("DATABASE_URL"), not embedded.given("REDIS_URL")
    if database or redis:
        servers = embedded.ensure(data, database=database, redis=redis, report=_say)
        started.callback(servers.stop)
        embedded.export(embedded.environment(servers))
    else:
        embedded.export(embedded.keys(generated_secrets(data)))


def _export(data: Path, host: str, port: int) -> None:
    """What the processes of the Procfile find in their environment."""
    embedded.export(
        {
            "EMAIL_URL": "outbox:",
            "LOG_FORMAT": "console",
            "LOG_LEVEL": "WARNING",  # so that what to do next stays in sight
            "PUBLIC_URL": f"http://localhost:{port}",
            "WORKER_GRACE_SECONDS": "1",  # at Ctrl-C robots are stopped, not waited for
        }
    )
    (embedded.BASE_DIRECTORY / ".data" / "static").mkdir(mode=0o700, parents=True, exist_ok=True)  # or WhiteNoise warns
    if os.geteuid() == 0:  # in a container, mostly; the servers give it up, robots have their sandbox
        embedded.export({"PYTHONWARNINGS": "ignore:You're running the worker with superuser"})
    os.environ.update(
        {
            "DATA_DIR": str(data),
            "HOST": host,
            "PORT": str(port),
            "PATH": os.pathsep.join([str(Path(sys.executable).parent), os.environ.get("PATH", os.defpath)]),
            "PYTHONUNBUFFERED": "1",
            MARK: str(data),
        }
    )


def _prepare() -> str:
    """Migrate and seed, out of reach of the terminal's Ctrl-C: we end it ourselves."""
    with subprocess.Popen(
        [sys.executable, "-m", "config.prepare"],
        cwd=embedded.BASE_DIRECTORY,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        text=True,
        start_new_session=True,
    ) as process:
        try:
            output, _ = process.communicate(timeout=PREPARE_SECONDS)
        except BaseException:
            process.terminate()
            raise
    if process.returncode:
        raise Refused(f"The database could not be prepared (exit code {process.returncode}); see above.")
    return output


def _end_everything_marked(data: Path) -> None:
    """End our processes, or those of a killed run: all that carry our mark."""
    for process in processes.find_by_environment(MARK, str(data)):
        if process.pid != os.getpid():
            processes.end(process, seconds=5)


def _no_more_interrupts() -> None:
    """From here on we only stop what runs; an impatient second Ctrl-C must not leave half of it behind."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    signal.signal(signal.SIGTERM, signal.SIG_IGN)


if __name__ == "__main__":
    sys.exit(main())
