"""What a robot needs before it can start: its unpacked package and an interpreter with its dependencies."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

from packaging.requirements import Requirement

from apps.common.errors import ApplicationError
from apps.executions.lease import Control
from apps.robots.kind.installation import environment_cache, package_cache
from apps.robots.kind.sink import ExecutionSink
from apps.robots.models import RobotVersion
from apps.robots.models.robot import EntrypointType
from apps.robots.packages.environment import PythonRuntime, robot_framework
from apps.robots.packages.metadata import Dependencies, dependencies_of
from apps.robots.selectors.packages import package_opened

LOOK_SECONDS = 0.1
QUICK_SECONDS = 0.5
WITH_PYTHON = {EntrypointType.PYTHON, EntrypointType.ROBOT}


class Interrupted(Exception):
    """The run was cancelled, or its lease was lost, before its process started."""


@dataclass(frozen=True, slots=True)
class Prepared:
    """All that a start needs. ``module`` is the Robot Framework we lend a suite that brings none of its own."""

    package: Path
    runtime: PythonRuntime
    module: Path | None


@contextmanager
def prepared(version: RobotVersion, *, sink: ExecutionSink, control: Control) -> Iterator[Prepared]:
    """Package and interpreter, kept while the context lasts; a long installation is told of in the log.

    Raises ``Interrupted``, and for what cannot be had an ``ApplicationError`` that says whether later may do.
    """
    with package_cache().lease(
        version.artifact_sha256,
        filename=version.artifact_name,
        entrypoint_path=version.entrypoint_path,
        open_stored=lambda: package_opened(version),
    ) as package:
        wanted = _dependencies(package, version.entrypoint_path) if version.entrypoint_type in WITH_PYTHON else None
        _install(wanted, sink=sink, control=control)
        with environment_cache().lease(wanted) as runtime:
            yield Prepared(package, runtime, _framework(version, wanted))


@lru_cache(maxsize=1024)
def _dependencies(package: Path, entrypoint_path: str) -> Dependencies | None:
    """What an unpacked package asks for; packages never change."""

    def read(name: str) -> bytes | None:
        path = package / name
        return path.read_bytes() if path.is_file() else None

    return dependencies_of(read, entrypoint_path=entrypoint_path)


def _install(wanted: Dependencies | None, *, sink: ExecutionSink, control: Control) -> None:
    """Has the environment made, in a thread of its own, so that cancelling does not wait for a slow registry."""
    if not wanted:
        return
    failures: list[ApplicationError] = []

    def install() -> None:
        try:
            with environment_cache().lease(wanted):
                pass
        except ApplicationError as error:
            failures.append(error)

    began = time.monotonic()
    thread = threading.Thread(target=install, name="environment", daemon=True)
    thread.start()
    thread.join(QUICK_SECONDS)
    waited = thread.is_alive()
    if waited:
        sink.say([f"Preparing Python: {', '.join(wanted.requirements) or wanted.requires_python}"])
    while thread.is_alive():
        thread.join(LOOK_SECONDS)
        if control.cancelled.is_set() or control.lost.is_set():
            raise Interrupted
    if failures:
        raise failures[0]
    if waited:
        sink.say([f"Python is ready after {time.monotonic() - began:.1f} s"])


def _framework(version: RobotVersion, wanted: Dependencies | None) -> Path | None:
    if version.entrypoint_type != EntrypointType.ROBOT:
        return None
    names = {Requirement(line).name.lower() for line in wanted.requirements} if wanted else set()
    return None if "robotframework" in names else robot_framework()
