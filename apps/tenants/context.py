"""In whose data the current thread works.

Threads start in ``public``, where no organization's table can be seen: forgetting to enter a tenant is an error of the
database, never a read of somebody's rows. Connections belong to threads, and so does the context.
"""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, cast

from django.db import DEFAULT_DB_ALIAS, connections
from django_tenants.postgresql_backend.base import FakeTenant

from apps.tenants.naming import PUBLIC, SCHEMA_NAME

if TYPE_CHECKING:
    from apps.tenants.models import Organization
    from apps.tenants.postgresql.base import DatabaseWrapper


class OutsideTenantError(RuntimeError):
    """Code that works on an organization's data ran without one."""

    def __init__(self, message: str = "no organization was entered; use tenant_context()") -> None:
        super().__init__(message)


class ContextInEventLoopError(RuntimeError):
    """A context was entered in an event loop, where every other coroutine would have been in it too."""

    def __init__(self, message: str = "use apps.tenants.aio.in_tenant() in asynchronous code") -> None:
        super().__init__(message)


def wrapper() -> DatabaseWrapper:
    """This thread's connection as what it is."""
    return cast("DatabaseWrapper", connections[DEFAULT_DB_ALIAS])


def current_schema() -> str:
    """Schema of the context in force; ``public`` when no organization was entered."""
    return wrapper().schema_name


def require_tenant() -> str:
    """The current schema; raises outside an organization."""
    schema = current_schema()
    if schema == PUBLIC:
        raise OutsideTenantError
    return schema


@contextmanager
def tenant_context(tenant: Organization | str) -> Iterator[None]:
    """Works in one organization's schema and under its role, then goes back."""
    schema = tenant if isinstance(tenant, str) else tenant.schema_name
    if schema == PUBLIC or not SCHEMA_NAME.match(schema):
        raise ValueError(f"not an organization's schema: {schema!r}")
    with _entered(FakeTenant(schema_name=schema) if isinstance(tenant, str) else tenant, as_owner=False):
        yield


@contextmanager
def public_context() -> Iterator[None]:
    """Works on the shared tables (organizations, tickets) under the public role, then goes back."""
    with _entered(FakeTenant(schema_name=PUBLIC), as_owner=False):
        yield


@contextmanager
def owner_context(schema: str = PUBLIC) -> Iterator[None]:
    """Works as the owner of all tables: provisioning and migrations only."""
    with _entered(FakeTenant(schema_name=schema), as_owner=True):
        yield


@contextmanager
def _entered(tenant: Any, *, as_owner: bool) -> Iterator[None]:
    if _in_event_loop():
        raise ContextInEventLoopError
    own = wrapper()
    before = own.tenant, own.include_public_schema, own.as_owner
    own.set_tenant(tenant)
    own.as_owner = as_owner
    try:
        yield
    finally:
        own.set_tenant(before[0], before[1])
        own.as_owner = before[2]


def _in_event_loop() -> bool:
    try:
        asyncio.get_running_loop()
    except RuntimeError:
        return False
    return True
