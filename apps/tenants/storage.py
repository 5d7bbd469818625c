"""Files of an organization live under its schema's name; outside an organization there is no storage."""

from __future__ import annotations

from django.core.exceptions import SuspiciousFileOperation
from django.core.files.base import File
from django.core.files.storage import default_storage

from apps.tenants.context import require_tenant

_LONGEST = 900  # S3 takes 1,024 bytes, prefix included


class TenantStorage:
    """The default storage, seen from inside the current organization."""

    def path_of(self, name: str) -> str:
        """``<schema>/<name>``; raises ``SuspiciousFileOperation`` for names that could leave the schema's folder."""
        harmful = "\\" in name or not name.isprintable() or len(name.encode()) > _LONGEST
        if harmful or any(part in {"", ".", ".."} for part in name.split("/")):
            raise SuspiciousFileOperation(repr(name))
        return f"{require_tenant()}/{name}"

    def save(self, name: str, content: File[bytes]) -> str:
        """Stores ``content``; returns the name it got, without the organization's prefix."""
        return default_storage.save(self.path_of(name), content).partition("/")[2]

    def open(self, name: str) -> File[bytes]:
        return default_storage.open(self.path_of(name), "rb")

    def delete(self, name: str) -> None:
        default_storage.delete(self.path_of(name))

    def exists(self, name: str) -> bool:
        return default_storage.exists(self.path_of(name))

    def size(self, name: str) -> int:
        return default_storage.size(self.path_of(name))

    def listdir(self, name: str) -> tuple[list[str], list[str]]:
        """Folders and files in a folder; none where it does not exist."""
        try:
            return default_storage.listdir(self.path_of(name))
        except FileNotFoundError:
            return [], []


tenant_storage = TenantStorage()
