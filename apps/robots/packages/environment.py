"""Python for robots: a virtual environment for each set of dependencies, built once, the empty one too."""

from __future__ import annotations

import hashlib
import importlib.util
import os
import shutil
import subprocess
import sys
import sysconfig
import venv
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from django.utils.translation import gettext as _
from packaging.specifiers import SpecifierSet

from apps.robots.errors import EnvironmentFailed, RegistryUnreachable
from apps.robots.packages.leases import LeasedDirectories
from apps.robots.packages.limits import MIB
from apps.robots.packages.metadata import Dependencies

DEFAULT_CAPACITY = 8192 * MIB
DEFAULT_SECONDS = 600.0
# What uv needs from our own environment: its configuration of registries, proxies and certificates.
_PASSED_ON = ("UV_", "HTTP_PROXY", "HTTPS_PROXY", "NO_PROXY", "http_proxy", "https_proxy", "no_proxy", "SSL_CERT_")
_UNREACHABLE = (
    "error sending request",
    "failed to fetch",
    "dns error",
    "connection refused",
    "timed out",
    "client error (connect)",
    "network was disabled",
)


@dataclass(frozen=True, slots=True)
class PythonRuntime:
    """An interpreter, and what a sandbox must show of the system for it to work.

    ``environment`` is shown elsewhere than it lies, for that may be below ``/tmp`` or ``/work``, which robots have of
    their own.
    """

    python: Path
    readable: tuple[Path, ...]
    environment: Path | None = None


class EnvironmentCache:
    """Environments below ``root``, shared by all processes of the machine, the least recently used removed first."""

    def __init__(
        self,
        root: Path,
        *,
        capacity_bytes: int = DEFAULT_CAPACITY,
        seconds: float = DEFAULT_SECONDS,
        uv: Path | None = None,
    ) -> None:
        self._directories = LeasedDirectories(root / "environments", capacity_bytes=capacity_bytes)
        self._uv_cache, self._home = root / "uv", root / "home"
        self._seconds = seconds
        self._uv = uv

    @contextmanager
    def lease(self, dependencies: Dependencies | None) -> Iterator[PythonRuntime]:
        """The interpreter for these dependencies, kept as long as the context lasts.

        Without dependencies it is an empty environment, made once in milliseconds, so that a robot neither depends on
        nor waits for what happens to be installed beside the interpreter. The first use of a set of dependencies
        installs it: wheels only, since building a source distribution would run foreign code outside the sandbox.
        Raises EnvironmentFailed when they cannot be installed, RegistryUnreachable when that may work later.
        """
        wanted = dependencies or Dependencies()
        with self._directories.lease(_key(wanted), lambda path: self._build(path, wanted)) as directory:
            home = Path(_configuration(directory / "pyvenv.cfg")["home"])
            yield PythonRuntime(directory / "bin" / "python", (_prefix_of(home),), directory)

    def _build(self, directory: Path, dependencies: Dependencies) -> None:
        if not dependencies.requirements and _suits(dependencies):
            venv.EnvBuilder(symlinks=True).create(directory)
            return
        python = str(base_python()) if _suits(dependencies) else dependencies.requires_python
        self._run(["venv", "--relocatable", "--no-project", "--allow-existing", "--python", python, str(directory)])
        if dependencies.requirements:
            listed = directory / "requirements.txt"
            listed.write_text("\n".join(dependencies.requirements) + "\n", encoding="utf-8")
            target = ["--python", str(directory / "bin" / "python")]
            self._run(["pip", "install", "--no-build", "--strict", *target, "--requirements", str(listed)])

    def _run(self, arguments: Sequence[str]) -> None:
        passed_on = {name: value for name, value in os.environ.items() if name.startswith(_PASSED_ON)}
        environment = passed_on | {"PATH": os.defpath, "HOME": str(self._home), "UV_CACHE_DIR": str(self._uv_cache)}
        command = [str(self._uv or uv_path()), *arguments, "--no-config", "--no-progress", "--no-python-downloads"]
        self._home.mkdir(parents=True, exist_ok=True)
        try:
            done = subprocess.run(
                command,
                env=environment,
                cwd=self._home,
                stdin=subprocess.DEVNULL,
                capture_output=True,
                timeout=self._seconds,
                check=False,
            )
        except subprocess.TimeoutExpired as error:
            detail = _("Installing the dependencies took longer than %(seconds)d seconds.")
            raise RegistryUnreachable(detail % {"seconds": self._seconds}) from error
        if done.returncode:
            raise _failure(done.stderr.decode(errors="replace"))


def _failure(output: str) -> EnvironmentFailed | RegistryUnreachable:
    text = output.strip()[-2_000:]
    if any(sign in output.lower() for sign in _UNREACHABLE):
        return RegistryUnreachable(extra={"output": text})
    return EnvironmentFailed(_("The dependencies cannot be installed: %(output)s") % {"output": text})


def _suits(dependencies: Dependencies) -> bool:
    """Whether the interpreter we run on is one that the robot asks for."""
    return SpecifierSet(dependencies.requires_python).contains(_version(), prereleases=True)


def _version() -> str:
    return ".".join(map(str, sys.version_info[:3]))


def _key(dependencies: Dependencies) -> str:
    parts = (sys.implementation.cache_tag, _version(), str(base_python()), sysconfig.get_platform())
    wanted = (*dependencies.requirements, "" if _suits(dependencies) else dependencies.requires_python)
    return hashlib.sha256("\0".join([*map(str, parts), *wanted]).encode()).hexdigest()


@cache
def base_python() -> Path:
    """The interpreter underneath our own virtual environment."""
    name = f"python{sys.version_info[0]}.{sys.version_info[1]}"
    found = Path(sys.base_prefix) / "bin" / name
    return found if found.exists() else Path(getattr(sys, "_base_executable", sys.executable))


@cache
def uv_path() -> Path:
    """The uv that was installed with us, else one on PATH."""
    beside = Path(sys.prefix) / "bin" / "uv"
    found = beside if beside.exists() else shutil.which("uv")
    if found is None:
        raise EnvironmentFailed(_("uv is not installed on this machine."))
    return Path(found)


@cache
def robot_framework() -> Path | None:
    """The directory that holds the Robot Framework we ship with, or None."""
    # Found, not imported: that would take a second.
    found = importlib.util.find_spec("robot")
    return Path(found.origin).parent if found and found.origin else None


def _prefix_of(directory: Path) -> Path:
    """The installation that an interpreter's ``bin`` directory belongs to."""
    return directory.parent if directory.name in {"bin", "Scripts"} else directory


def _configuration(path: Path) -> dict[str, str]:
    lines = path.read_text(encoding="utf-8").splitlines()
    return {name.strip(): value.strip() for name, _, value in (line.partition("=") for line in lines)}
