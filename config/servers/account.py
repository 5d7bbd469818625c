"""The unprivileged system account that servers run as when we are root: PostgreSQL refuses to run as root."""

from __future__ import annotations

import os
import pwd
import shutil
import stat
import subprocess
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import TypedDict

from config.servers.errors import ServerError

NAME = "oficina-servers"
STAND_INS = ("postgres", "nobody")


class PopenOptions(TypedDict, total=False):
    user: int
    group: int
    extra_groups: list[int]


@dataclass(frozen=True)
class Account:
    uid: int
    gid: int

    def own(self, path: Path) -> None:
        os.chown(path, self.uid, self.gid)


def run_as(account: Account | None) -> PopenOptions:
    """How `subprocess` takes on the account; without one it keeps ours."""
    return {"user": account.uid, "group": account.gid, "extra_groups": []} if account else {}


def server_account() -> Account | None:
    """The account for servers, created on first use; None when we are an ordinary user and need none."""
    if os.geteuid() != 0:
        return None
    if not _exists(NAME) and shutil.which("useradd"):
        subprocess.run(
            ["useradd", "--system", "--user-group", "--no-create-home", "--shell", "/usr/sbin/nologin", NAME],
            check=False,
            capture_output=True,
            timeout=30,
        )
    for name in (NAME, *STAND_INS):
        if _exists(name):
            entry = pwd.getpwnam(name)
            return Account(uid=entry.pw_uid, gid=entry.pw_gid)
    raise ServerError(f"PostgreSQL does not run as root, and there is no account {NAME} to run it as.")


def _exists(name: str) -> bool:
    try:
        pwd.getpwnam(name)
    except KeyError:
        return False
    return True


def let_pass(directory: Path) -> list[Path]:
    """
    Let other accounts walk through the directory's parents, without listing them; return those that were changed.

    Needed when root works in a private place, such as /root: the server's account must reach its data in there.
    """
    return list(_add_mode(reversed(directory.resolve().parents), stat.S_IXOTH))


def let_read(tree: Path) -> None:
    """Let other accounts read and run a tree of programs, which a strict umask may have closed to them."""
    readable = stat.S_IRGRP | stat.S_IROTH
    for root, _, files in os.walk(tree):
        list(_add_mode([Path(root)], readable | stat.S_IXGRP | stat.S_IXOTH))
        for name in files:
            path = Path(root, name)
            executable = path.stat().st_mode & stat.S_IXUSR
            list(_add_mode([path], readable | (stat.S_IXGRP | stat.S_IXOTH if executable else 0)))


def _add_mode(paths: Iterable[Path], mode: int) -> Iterable[Path]:
    for path in paths:
        present = stat.S_IMODE(path.stat().st_mode)
        if present & mode != mode:
            path.chmod(present | mode)
            yield path
