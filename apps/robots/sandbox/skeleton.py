"""The empty house a robot wakes up in: a root directory made once, of mount points and the harmless part of /etc.

Binding one prepared root costs a robot's start less than a dozen small mounts, and nothing of the machine's own /etc
is visible that is not named here.
"""

from __future__ import annotations

import hashlib
import os
import shutil
import tempfile
import time
from collections.abc import Iterable, Iterator
from contextlib import suppress
from functools import cache
from pathlib import Path

from apps.robots.packages.trees import remove_tree
from apps.robots.sandbox.namespaces import INSIDE_FROM, USERS

WORK, TEMPORARY, ARTIFACTS = "/work", "/tmp", "/artifacts"  # noqa: S108  # names inside the sandbox
ENVIRONMENT, LIBRARY, PACKAGE = "/environment", "/library", "/package"
PARAMETERS = "/run/oficina/parameters.json"
LIBRARY_MODULE = f"{LIBRARY}/robot"

_SYSTEM = ("usr", "bin", "sbin", "lib", "lib32", "lib64", "libx32")
_MOUNT_POINTS = (WORK, TEMPORARY, ARTIFACTS, ENVIRONMENT, LIBRARY_MODULE, PACKAGE, "/dev", "/proc", "/var")
_ETC = (
    "alternatives", "ca-certificates.conf", "debian_version", "fonts", "gai.conf", "host.conf", "hosts", "ld.so.cache",
    "localtime", "mime.types", "nsswitch.conf", "os-release", "pki/ca-trust/extracted", "pki/tls/certs", "protocols",
    "resolv.conf", "services", "ssl/cert.pem", "ssl/certs", "ssl/openssl.cnf", "timezone",
)  # fmt: skip
_FORGOTTEN_AFTER = 30 * 86_400
_made: dict[str, Path] = {}


def skeleton(state: Path, mount_points: Iterable[Path]) -> Path:
    """The root for sandboxes that also show ``mount_points``; made anew when something copied into it has changed."""
    key = hashlib.sha256(repr((*map(str, mount_points), *_fingerprint())).encode()).hexdigest()[:32]
    directory = _made.get(key)
    if directory is None or not directory.is_dir():
        directory = _made[key] = _make(state / "roots", key, mount_points)
    return directory


@cache
def system_directories() -> tuple[Path, ...]:
    """The read-only directories of the system that every robot sees; the links among them are in the skeleton."""
    found = (Path("/", name) for name in _SYSTEM)
    return tuple(path for path in found if path.is_dir() and not path.is_symlink())


def _fingerprint() -> Iterator[tuple[int, int]]:
    for name in _ETC:
        try:
            status = os.stat(f"/etc/{name}")  # noqa: PTH116  # on the way of every start
        except OSError:
            yield 0, 0
        else:
            yield status.st_mtime_ns, status.st_size


def _make(roots: Path, key: str, mount_points: Iterable[Path]) -> Path:
    roots.mkdir(parents=True, exist_ok=True)
    for old in roots.iterdir():
        with suppress(FileNotFoundError):  # one being built that has its name by now
            if time.time() - old.stat().st_mtime > _FORGOTTEN_AFTER:
                remove_tree(old)
    if (roots / key).is_dir():
        (roots / key).touch()
        return roots / key
    building = Path(tempfile.mkdtemp(prefix=".building-", dir=roots))
    _furnish(building, mount_points)
    building.chmod(0o755)
    try:
        building.rename(roots / key)
    except OSError:  # another process was faster
        remove_tree(building)
    return roots / key


def _furnish(root: Path, mount_points: Iterable[Path]) -> None:
    for name in _SYSTEM:
        source = Path("/", name)
        if source.is_symlink():
            (root / name).symlink_to(source.readlink())
        elif source.is_dir():
            (root / name).mkdir()
    for point in (*_MOUNT_POINTS, *map(str, mount_points)):
        (root / point.lstrip("/")).mkdir(parents=True, exist_ok=True)
    (root / "var/tmp").symlink_to(TEMPORARY)
    parameters = root / PARAMETERS.lstrip("/")
    parameters.parent.mkdir(parents=True)
    parameters.touch()
    _furnish_etc(root / "etc")


def _furnish_etc(etc: Path) -> None:
    etc.mkdir()
    for name in _ETC:
        source, target = Path("/etc", name), etc / name
        target.parent.mkdir(parents=True, exist_ok=True)
        if source.is_dir():
            shutil.copytree(source, target, symlinks=True, ignore_dangling_symlinks=True)
        elif source.is_file():
            shutil.copyfile(source, target)
    users = [(0, "root"), (65534, "nobody"), *((INSIDE_FROM + number, "robot") for number in range(USERS))]
    passwd = "".join(f"{name}:x:{uid}:{uid}:{name}:{WORK}:/bin/sh\n" for uid, name in users)
    (etc / "passwd").write_text(passwd, encoding="ascii")
    (etc / "group").write_text("".join(f"{name}:x:{uid}:\n" for uid, name in users), encoding="ascii")
    with (etc / "hosts").open("a", encoding="utf-8") as hosts:
        hosts.write("127.0.1.1 robot\n")
