"""`make run` in a test: started as a person would, in a data directory of its own."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

import psutil

from apps.common.testing import eventually
from config.env import BASE_DIR
from config.run import MARK
from config.servers import processes
from config.welcome import LAST_LINE

BOOT_SECONDS = 180
STOP_SECONDS = 40


@dataclass
class Run:
    process: subprocess.Popen[bytes]
    data: Path
    port: int
    output_file: Path

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    @property
    def output(self) -> str:
        return self.output_file.read_text(encoding="utf-8", errors="replace")

    def up(self, seconds: float = BOOT_SECONDS) -> str:
        """Wait for the block, or fail with what was printed when it ended instead."""
        eventually(lambda: LAST_LINE in self.output or self.process.poll() is not None, seconds=seconds)
        assert self.process.poll() is None, self.output
        return self.output

    def stop(self, number: signal.Signals = signal.SIGINT) -> int:
        self.process.send_signal(number)
        return self.process.wait(timeout=STOP_SECONDS)

    def members(self) -> list[psutil.Process]:
        """Everything that belongs to this run: our processes by their mark, the servers by their directory."""
        ours = processes.find_by_environment(MARK, str(self.data))
        return ours + processes.find(lambda command: str(self.data) in " ".join(command))


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def start(data: Path, port: int, **variables: str) -> Run:
    output = data.with_name(f"{data.name}-{port}.txt")
    environment = {"PATH": os.environ["PATH"], "DATA_DIR": str(data), "PORT": str(port), **variables}
    with output.open("wb") as file:
        process = subprocess.Popen(
            [sys.executable, "-m", "config.run"],
            cwd=BASE_DIR,
            env=environment,
            stdin=subprocess.DEVNULL,
            stdout=file,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
    return Run(process, data.resolve(), port, output)
