"""Entering an organization from asynchronous code: database work happens in threads, each in its own context."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar

from channels.db import database_sync_to_async

from apps.tenants.context import tenant_context
from apps.tenants.models import Organization

T = TypeVar("T")


async def in_tenant(tenant: Organization | str, function: Callable[..., T], *args: Any, **kwargs: Any) -> T:
    """Calls ``function`` in a thread, inside the organization."""

    def call() -> T:
        with tenant_context(tenant):
            return function(*args, **kwargs)

    result: T = await database_sync_to_async(call)()
    return result
