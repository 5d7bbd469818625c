"""Where an embedded server keeps its data and its socket."""

from __future__ import annotations

import hashlib
import os
import tempfile
from pathlib import Path

from config.servers.account import Account
from config.servers.errors import UnsafeDirectory

# The kernel allows 107 bytes on Linux and 103 on macOS; the longest name we put there is PostgreSQL's.
SOCKET_PATH_LIMIT = 103
LONGEST_SOCKET_NAME = ".s.PGSQL.5432"


def private_directory(path: Path, account: Account | None) -> Path:
    """Create the directory, or check it: only the servers' account (and root) may look inside."""
    path.mkdir(mode=0o700, parents=True, exist_ok=True)
    owner = account.uid if account else os.geteuid()
    if path.is_symlink() or path.stat().st_uid not in {owner, os.geteuid()}:
        raise UnsafeDirectory(path)
    if account:
        account.own(path)
    path.chmod(0o700)
    return path


def socket_directory(data_directory: Path, account: Account | None) -> Path:
    """A private directory for sockets: inside the data directory, or a short one where that path is too long."""
    path = data_directory / "sockets"
    if len(os.fsencode(path / LONGEST_SOCKET_NAME)) > SOCKET_PATH_LIMIT:
        digest = hashlib.sha256(os.fsencode(data_directory)).hexdigest()[:12]
        path = Path(tempfile.gettempdir(), f"oficina-{os.geteuid()}-{digest}")
    return private_directory(path, account)


def private_file(path: Path, text: str, account: Account | None) -> Path:
    """Write a file that only its owner ever could read, not even for a moment while it is written."""
    path.unlink(missing_ok=True)
    with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w", encoding="utf-8") as file:
        file.write(text)
    if account:
        account.own(path)
    return path
