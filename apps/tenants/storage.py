"""Files of an organization live under its schema's name; outside an organization there is no storage."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import structlog
from django.core.exceptions import SuspiciousFileOperation
from django.core.files.base import File
from django.core.files.storage import default_storage
from django.utils.translation import gettext_lazy as _

from apps.common.errors import Unavailable
from apps.tenants.context import require_tenant

logger = structlog.get_logger(__name__)
_LONGEST = 900  # S3 takes 1,024 bytes, prefix included


class TenantStorage:
    """The default storage, seen from inside the current organization.

    Every method raises ``Unavailable`` where the storage does not do its work, and ``open`` and ``size``
    ``FileNotFoundError`` where the file is missing.
    """

    def path_of(self, name: str) -> str:
        """``<schema>/<name>``; raises ``SuspiciousFileOperation`` for names that could leave the schema's folder."""
        harmful = "\\" in name or not name.isprintable() or len(name.encode()) > _LONGEST
        if harmful or any(part in {"", ".", ".."} for part in name.split("/")):
            raise SuspiciousFileOperation(repr(name))
        return f"{require_tenant()}/{name}"

    def save(self, name: str, content: File[bytes]) -> str:
        """Stores ``content``; returns the name it got, without the organization's prefix."""
        path = self.path_of(name)
        with working():
            return default_storage.save(path, content).partition("/")[2]

    def open(self, name: str) -> File[bytes]:
        path = self.path_of(name)
        with working():
            file: File[bytes] = default_storage.open(path, "rb")
            file.seek(0)  # a file in a bucket is fetched by this, not in the middle of an answer
            return file

    def delete(self, name: str) -> None:
        path = self.path_of(name)
        with working():
            default_storage.delete(path)

    def exists(self, name: str) -> bool:
        path = self.path_of(name)
        with working():
            return default_storage.exists(path)

    def size(self, name: str) -> int:
        path = self.path_of(name)
        with working():
            return default_storage.size(path)

    def listdir(self, name: str) -> tuple[list[str], list[str]]:
        """Folders and files in a folder; none where it does not exist."""
        path = self.path_of(name)
        try:
            with working():
                return default_storage.listdir(path)
        except FileNotFoundError:
            return [], []


@contextmanager
def working() -> Iterator[None]:
    """Turns whatever a storage fails with into ``Unavailable``; a missing file stays one."""
    try:
        yield
    except FileNotFoundError:
        raise
    except Exception as error:
        logger.exception("storage_unavailable")  # a full disk, a server that is away, a key that was withdrawn
        raise Unavailable(_("The storage does not answer.")) from error


tenant_storage = TenantStorage()
