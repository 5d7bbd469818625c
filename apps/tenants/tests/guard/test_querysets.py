"""A queryset built in one organization does nothing in another, whatever is asked of it."""

from __future__ import annotations

import pickle
from collections.abc import Callable
from typing import Any

import pytest
from asgiref.sync import async_to_sync
from django.apps import apps
from django.db import DatabaseError, models, transaction
from django.db.models import Count, Exists, OuterRef, Prefetch, Subquery, prefetch_related_objects

from apps.accounts.models import Role, Session, User
from apps.tenants.context import public_context, tenant_context
from apps.tenants.guard import CrossTenantError, GuardedQuerySet, TenantQuerySet
from apps.tenants.models import Organization
from apps.tenants.origin import Origin
from apps.tenants.routers import lives_in_schemas

Query = Any
USES: dict[str, Callable[[Any], Any]] = {
    "list": list,
    "bool": bool,
    "len": len,
    "iterator": lambda rows: list(rows.iterator(chunk_size=10)),
    "index": lambda rows: rows[0],
    "slice": lambda rows: list(rows[:5]),
    "contains": lambda rows: None in rows,
    "count": lambda rows: rows.count(),
    "exists": lambda rows: rows.exists(),
    "get": lambda rows: rows.get(email="x"),
    "first": lambda rows: rows.first(),
    "last": lambda rows: rows.last(),
    "latest": lambda rows: rows.latest("created_at"),
    "earliest": lambda rows: rows.earliest("created_at"),
    "aggregate": lambda rows: rows.aggregate(Count("pk")),
    "in_bulk": lambda rows: rows.in_bulk(),
    "values": lambda rows: list(rows.values("email")),
    "values_list": lambda rows: list(rows.values_list("email", flat=True)),
    "dates": lambda rows: list(rows.datetimes("created_at", "day")),
    "update": lambda rows: rows.update(name="stolen"),
    "delete": lambda rows: rows.delete(),
    "raw_delete": lambda rows: rows._raw_delete(rows.db),
    "create": lambda rows: rows.create(email="new@x.example", name="New"),
    "get_or_create": lambda rows: rows.get_or_create(email="new@x.example", defaults={"name": "New"}),
    "update_or_create": lambda rows: rows.update_or_create(email="owner@acme.example", defaults={"name": "New"}),
    "bulk_create": lambda rows: rows.bulk_create([User(email="new@x.example", name="New")]),
    "bulk_update": lambda rows: rows.bulk_update(list(rows), ["name"]),
    "select_for_update": lambda rows: list(rows.select_for_update()),
    "select_related": lambda rows: list(rows.select_related("role")),
    "prefetch_related": lambda rows: list(rows.prefetch_related("sessions")),
    "annotate": lambda rows: list(rows.annotate(n=Count("sessions"))),
    "union": lambda rows: list(rows.union(rows.all())),
    "intersection": lambda rows: list(rows.intersection(rows.all())),
    "or": lambda rows: list(rows | rows.all()),
    "explain": lambda rows: rows.explain(),
    "raw": lambda rows: list(rows.raw("SELECT * FROM accounts_user")),
    "using": lambda rows: list(rows.using("default")),
    "filter": lambda rows: list(rows.filter(email="x")),
    "only": lambda rows: list(rows.only("email")),
    "pickle": pickle.dumps,
    "repr": repr,
    "aget": lambda rows: async_to_sync(rows.aget)(email="x"),
    "acount": lambda rows: async_to_sync(rows.acount)(),
    "aiterator": lambda rows: async_to_sync(_gather)(rows.all()),
    "adelete": lambda rows: async_to_sync(rows.adelete)(),
}


async def _gather(rows: Query) -> list[User]:
    return [row async for row in rows.aiterator()]


@pytest.fixture
def rows(owner: User) -> Query:
    return User.objects.order_by("email")


def test_it_works(rows: Query, owner: User) -> None:
    assert list(rows) == [owner]
    assert rows.filter(name__startswith="O").count() == 1
    assert User.objects.using("default").get() == owner
    assert type(rows._db) is Origin


@pytest.mark.parametrize("use", USES)
def test_every_use_elsewhere_is_refused(rows: Query, other_organization: Organization, use: str) -> None:
    with tenant_context(other_organization), pytest.raises(CrossTenantError), transaction.atomic():
        USES[use](rows)


@pytest.mark.parametrize("use", USES)
def test_every_use_outside_is_refused(rows: Query, use: str) -> None:
    with public_context(), pytest.raises(CrossTenantError), transaction.atomic():
        USES[use](rows)


def test_the_server_refuses_where_the_guard_is_silent(owner: User) -> None:
    """Built outside any organization and used there: there is no such table."""
    with public_context(), pytest.raises(DatabaseError, match="does not exist"), transaction.atomic():
        list(User.objects.all())
    with public_context(), pytest.raises(DatabaseError, match="does not exist"), transaction.atomic():
        list(models.QuerySet(User).all())


def test_results_in_hand_are_refused_elsewhere(rows: Query, other_organization: Organization) -> None:
    assert len(rows) == 1
    with tenant_context(other_organization):
        for use in (list, len, bool, TenantQuerySet.count, TenantQuerySet.exists, lambda found: found[0]):
            with pytest.raises(CrossTenantError):
                use(rows)


def test_as_a_part_of_another_query(rows: Query, other_organization: Organization) -> None:
    with tenant_context(other_organization):
        combinations: list[Callable[[], Any]] = [
            lambda: list(Session.objects.filter(user__in=rows)),
            lambda: list(Session.objects.filter(user__in=rows.values("pk"))),
            lambda: list(Session.objects.filter(Exists(rows.filter(pk=OuterRef("user_id"))))),
            lambda: list(Session.objects.annotate(name=Subquery(rows.values("name")[:1]))),
            lambda: list(User.objects.all().union(rows)),
            lambda: list(User.objects.all() | rows),
            lambda: list(User.objects.all() & rows),
            lambda: list(Role.objects.prefetch_related(Prefetch("users", queryset=rows))),
        ]
        for combine in combinations:
            with pytest.raises(CrossTenantError):
                combine()


def test_raw_queries_keep_their_origin(owner: User, other_organization: Organization) -> None:
    raw = User.objects.raw("SELECT * FROM accounts_user")
    with tenant_context(other_organization), pytest.raises(CrossTenantError):
        list(raw)
    assert list(raw) == [owner]


def test_pickled_queries_keep_their_origin(rows: Query, owner: User, other_organization: Organization) -> None:
    loaded = pickle.loads(pickle.dumps(rows))
    assert list(loaded) == [owner]
    with tenant_context(other_organization), pytest.raises(CrossTenantError):
        loaded.count()


def test_related_managers_keep_their_origin(owner: User, other_organization: Organization) -> None:
    manager, groups = owner.sessions, owner.groups
    with tenant_context(other_organization):
        for use in (
            lambda: list(manager.all()),
            manager.count,
            lambda: list(groups.all()),
            lambda: list(owner.sessions.all()),
            lambda: prefetch_related_objects([owner], "sessions"),
            lambda: prefetch_related_objects([owner], "groups"),
        ):
            with pytest.raises(CrossTenantError):
                use()


def test_named_at_import_it_belongs_to_who_uses_it(owner: User, other_organization: Organization) -> None:
    """Forms and filters name querysets while modules are imported."""
    with public_context():
        unbound = User.objects.filter(is_active=True)
    assert list(unbound.all()) == [owner]
    with tenant_context(other_organization):
        assert list(unbound.all()) == []


def test_once_evaluated_it_belongs_to_that_organization(owner: User, other_organization: Organization) -> None:
    with public_context():
        unbound = User.objects.filter(is_active=True)
    assert list(unbound) == [owner]
    with tenant_context(other_organization), pytest.raises(CrossTenantError):
        list(unbound)


def test_values_of_another_organization_in_filters(owner: User, other_organization: Organization) -> None:
    with tenant_context(other_organization):
        for use in (
            lambda: Session.objects.filter(user=owner),
            lambda: Session.objects.exclude(user=owner),
            lambda: Session.objects.get(user=owner),
            lambda: Session.objects.update(user=owner),
            lambda: User.objects.bulk_update([owner], ["name"]),
            lambda: User.objects.bulk_create([owner]),
        ):
            with pytest.raises(CrossTenantError):
                use()


@pytest.mark.parametrize(
    "model", [m for m in apps.get_models() if lives_in_schemas(m._meta.app_label)], ids=lambda m: m._meta.label
)
def test_the_querysets_of_every_model_in_schemas_are_guarded(organization: Organization, model: Any) -> None:
    assert isinstance(model._default_manager.all(), GuardedQuerySet)
