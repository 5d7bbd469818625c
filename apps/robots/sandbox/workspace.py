"""The places of one run: a writable copy of the package to work in, a private /tmp, a directory for artifacts."""

from __future__ import annotations

import json
import os
import shutil
import stat
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, replace
from functools import lru_cache
from pathlib import Path
from typing import Any

from apps.robots.sandbox import skeleton
from apps.robots.sandbox.available import Sandbox, sandbox_for
from apps.robots.sandbox.bubblewrap import ReadyProcess
from apps.robots.sandbox.directories import run_directory
from apps.robots.sandbox.frame import Frame
from apps.robots.sandbox.policy import MIB
from apps.robots.sandbox.users import sandbox_user

# Copying is the only way that lets a robot change its own files. What is this large is a browser or a model, which
# nobody changes: it is linked to the read-only package.
LINKED_FROM_BYTES = 8 * MIB


@dataclass(frozen=True, slots=True)
class Visible:
    """Paths as the robot sees them."""

    work: str
    temporary: str
    artifacts: str
    parameters: str
    environment: str
    library: str


@dataclass(frozen=True, slots=True)
class Workspace:
    """The same places on this machine, and where they are for the robot.

    The module of the frame is shown below ``visible.library``. ``user`` owns the files when we are root, else None.
    ``linked`` says that large files of the package are links to it. ``ready`` is the sandbox that was built around it
    beforehand, if one was.
    """

    root: Path
    visible: Visible
    sandboxed: bool
    frame: Frame
    user: int | None
    package: Path | None = None
    linked: bool = False
    ready: ReadyProcess | None = None

    @property
    def work(self) -> Path:
        return self.root / "work"

    @property
    def temporary(self) -> Path:
        return self.root / "tmp"

    @property
    def artifacts(self) -> Path:
        return self.root / "artifacts"

    @property
    def parameters(self) -> Path:
        return self.root / "parameters.json"


@contextmanager
def open_workspace(
    frame: Frame, identifier: str, *, package: Path | None = None, parameters: Mapping[str, Any] | None = None
) -> Iterator[Workspace]:
    """Lay out the places of a run and remove them in the end; collect the artifacts before that.

    ``package`` must stay leased meanwhile. Raises SandboxUnavailable when the policy insists on a sandbox.
    """
    with empty_workspace(frame, identifier) as workspace:
        yield filled(workspace, package=package, parameters=parameters or {})


@contextmanager
def empty_workspace(frame: Frame, identifier: str) -> Iterator[Workspace]:
    """The places alone, for a run that is not known yet. Raises SandboxUnavailable."""
    sandbox = sandbox_for(frame.policy)
    with sandbox_user(sandbox) as user, run_directory(frame.policy.state / "runs", identifier) as root:
        workspace = Workspace(root, _visible(root, sandbox, frame.environment), sandbox.available, frame, user)
        _lay_out(workspace)
        yield workspace


def filled(workspace: Workspace, *, package: Path | None, parameters: Mapping[str, Any]) -> Workspace:
    """The workspace with what its run brings."""
    workspace.parameters.write_text(json.dumps(parameters), encoding="utf-8")
    workspace.parameters.chmod(0o444)
    workspace = replace(workspace, package=package)
    return replace(workspace, linked=package is not None and _copy(package, workspace.work, workspace))


def _visible(root: Path, sandbox: Sandbox, environment: Path | None) -> Visible:
    if sandbox.available:
        return Visible(
            skeleton.WORK,
            skeleton.TEMPORARY,
            skeleton.ARTIFACTS,
            skeleton.PARAMETERS,
            skeleton.ENVIRONMENT,
            skeleton.LIBRARY,
        )
    root = root.absolute()
    return Visible(
        str(root / "work"),
        str(root / "tmp"),
        str(root / "artifacts"),
        str(root / "parameters.json"),
        str((environment or root / "environment").absolute()),
        str(root / "library"),
    )


def _lay_out(workspace: Workspace) -> None:
    for directory in (workspace.work, workspace.temporary, workspace.artifacts):
        directory.mkdir(mode=0o700)
        _own(directory, workspace.user)
    workspace.parameters.touch()
    if (module := workspace.frame.module) and not workspace.sandboxed:
        library = Path(workspace.visible.library)
        library.mkdir()
        (library / module.name).symlink_to(module)


def _copy(source: Path, target: Path, workspace: Workspace) -> bool:
    """Copy a directory of the package: regular files only, writable, large ones as links; whether there were any."""
    linked = False
    with os.scandir(source) as entries:
        for entry in entries:
            copy = target / entry.name
            if entry.is_dir(follow_symlinks=False):
                copy.mkdir(mode=0o700)
                _own(copy, workspace.user)
                linked |= _copy(Path(entry.path), copy, workspace)
            elif entry.is_file(follow_symlinks=False):
                linked |= _copy_file(entry, copy, workspace)
    return linked


def _copy_file(entry: os.DirEntry[str], copy: Path, workspace: Workspace) -> bool:
    status = entry.stat(follow_symlinks=False)
    if status.st_size >= LINKED_FROM_BYTES:
        copy.symlink_to(_seen_in_package(Path(entry.path), workspace))
        return True
    shutil.copyfile(entry.path, copy)
    copy.chmod(0o700 if status.st_mode & stat.S_IXUSR else 0o600)
    _own(copy, workspace.user)
    return False


@lru_cache(maxsize=1024)
def needs_links(package: Path) -> bool:
    """Whether files of an unpacked package are too large to be copied; packages never change."""
    files = (path for path in package.rglob("*") if not path.is_symlink() and path.is_file())
    return any(path.stat().st_size >= LINKED_FROM_BYTES for path in files)


def _seen_in_package(path: Path, workspace: Workspace) -> Path:
    if workspace.package is None or not workspace.sandboxed:
        return path.absolute()
    return Path(skeleton.PACKAGE) / path.relative_to(workspace.package)


def _own(path: Path, user: int | None) -> None:
    if user is not None:
        os.chown(path, user, user)
