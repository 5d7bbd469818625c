"""Asynchronous code: everything starts outside, enters in threads, and leaves nothing behind."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest
from asgiref.sync import async_to_sync, sync_to_async
from django.db import DatabaseError, connections

from apps.accounts.models import User
from apps.tenants.aio import in_tenant
from apps.tenants.context import (
    ContextInEventLoopError,
    OutsideTenantError,
    current_schema,
    owner_context,
    public_context,
    require_tenant,
    tenant_context,
)
from apps.tenants.models import Organization
from conftest import make_user


@pytest.fixture
def schema(live_organization: Organization) -> str:
    with tenant_context(live_organization):
        make_user("ana@live.example", "viewer")
    return str(live_organization.schema_name)


def emails() -> list[str]:
    try:
        return list(User.objects.values_list("email", flat=True))
    finally:
        connections.close_all()


def test_it_works(schema: str) -> None:
    assert async_to_sync(in_tenant)(schema, emails) == ["ana@live.example"]


def test_arguments_and_errors_pass_through(schema: str) -> None:
    def work(number: int, *, name: str) -> tuple[int, str, str]:
        return number, name, require_tenant()

    assert async_to_sync(in_tenant)(schema, work, 1, name="x") == (1, "x", schema)

    def fail() -> None:
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        async_to_sync(in_tenant)(schema, fail)


def test_nothing_is_left_behind_in_pooled_threads(schema: str) -> None:
    async def many() -> list[Any]:
        async def one(number: int) -> str:
            if number % 2:
                return str(await in_tenant(schema, current_schema))
            return str(await sync_to_async(current_schema, thread_sensitive=False)())

        return await asyncio.gather(*(one(number) for number in range(40)))

    seen = async_to_sync(many)()
    assert seen[1::2] == [schema] * 20
    assert seen[0::2] == ["public"] * 20


@pytest.mark.parametrize("thread_sensitive", [True, False])
def test_without_it_a_query_is_refused(schema: str, thread_sensitive: bool) -> None:
    async def forgetful() -> list[str]:
        return await sync_to_async(emails, thread_sensitive=thread_sensitive)()

    with pytest.raises(DatabaseError, match="does not exist"):
        asyncio.run(forgetful())


def test_asynchronous_queries_are_refused_without_it(schema: str) -> None:
    async def forgetful() -> None:
        try:
            await User.objects.acount()
        finally:
            await sync_to_async(connections.close_all)()

    with pytest.raises(DatabaseError, match="does not exist"):
        asyncio.run(forgetful())


def test_no_context_is_entered_in_an_event_loop(schema: str) -> None:
    """It would be in force for every other coroutine meanwhile."""

    async def wrong(context: Any) -> None:
        with context:
            await asyncio.sleep(0)

    for context in (tenant_context(schema), public_context(), owner_context()):
        with pytest.raises(ContextInEventLoopError):
            asyncio.run(wrong(context))


def test_require_tenant() -> None:
    with pytest.raises(OutsideTenantError):
        require_tenant()
