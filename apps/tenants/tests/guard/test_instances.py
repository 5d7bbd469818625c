"""An object loaded in one organization is not written, refreshed or referred to in another."""

from __future__ import annotations

import copy
import pickle
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.contrib.auth.models import Group
from django.core import serializers
from django.db import transaction
from django.utils import timezone

from apps.accounts.models import Role, Session, User, UserGrant
from apps.tenants.context import public_context, tenant_context
from apps.tenants.guard import CrossTenantError
from apps.tenants.models import Organization
from apps.tenants.origin import schema_of
from apps.tenants.rows import Rows
from conftest import make_user

USES: dict[str, Callable[[Any], Any]] = {
    "save": lambda user: user.save(),
    "save_some": lambda user: user.save(update_fields=["name"]),
    "save_using": lambda user: user.save(using="default"),
    "save_forced": lambda user: user.save(force_insert=True),
    "save_base": lambda user: user.save_base(raw=True),
    "added": lambda user: Rows(User).add(user),
    "delete": lambda user: user.delete(),
    "delete_using": lambda user: user.delete(using="default"),
    "refresh": lambda user: user.refresh_from_db(),
    "copied": lambda user: copy.copy(user).save(),
    "deep_copied": lambda user: copy.deepcopy(user).save(),
    "pickled": lambda user: pickle.loads(pickle.dumps(user)).save(),
    "relation": lambda user: User.objects.model.role.__get__(_forgotten(user)),
    "reverse": lambda user: user.sessions.count(),
    "reverse_create": lambda user: user.sessions.create(device="x"),
    "reverse_add": lambda user: user.sessions.add(Session()),
    "groups": lambda user: user.groups.count(),
    "groups_add": lambda user: user.groups.add(1),
    "groups_clear": lambda user: user.groups.clear(),
    "assign": lambda user: Session(user=user),
    "assign_later": lambda user: setattr(Session(), "user", user),
    "assign_many": lambda user: _viewers().add(user),
    "guardian": lambda user: UserGrant.objects.assign_perm("admin.manage", user, user),
}


def _viewers() -> Any:
    return Group.objects.get(name="viewer").user_set


def _forgotten(user: User) -> User:
    """The same object without the relation in its cache."""
    user._state.fields_cache.clear()
    return user


def test_it_works(owner: User) -> None:
    owner.name = "Somebody"
    owner.save()
    assert User.objects.get().name == "Somebody"
    assert schema_of(owner) == schema_of(owner.role) is not None
    assert schema_of(pickle.loads(pickle.dumps(owner))) == schema_of(owner)


@pytest.mark.parametrize("use", USES)
def test_every_use_elsewhere_is_refused(owner: User, other_organization: Organization, use: str) -> None:
    loaded = User.objects.get(pk=owner.pk)
    with tenant_context(other_organization), pytest.raises(CrossTenantError), transaction.atomic():
        USES[use](loaded)


@pytest.mark.parametrize("use", sorted(set(USES) - {"assign_many", "guardian"}))
def test_every_use_outside_is_refused(owner: User, use: str) -> None:
    loaded = User.objects.get(pk=owner.pk)
    with public_context(), pytest.raises(CrossTenantError), transaction.atomic():
        USES[use](loaded)


def test_new_objects_belong_to_who_saves_them(organization: Organization, other_organization: Organization) -> None:
    role = Role(slug="made-here", name="Made here")
    with tenant_context(other_organization):
        role.group = Group.objects.create(name="made-here")
        role.save()
        assert schema_of(role) == other_organization.schema_name
    with pytest.raises(CrossTenantError):
        role.save()


def test_new_objects_belong_to_what_they_refer_to(owner: User, other_organization: Organization) -> None:
    now = timezone.now()
    session = Session(user=owner, last_used_at=now, expires_at=now + timedelta(days=1))
    with tenant_context(other_organization), pytest.raises(CrossTenantError):
        session.save()
    session.save()
    assert owner.sessions.get() == session


def test_references_between_organizations_are_refused(owner: User, other_organization: Organization) -> None:
    with tenant_context(other_organization):
        theirs = make_user("person@rival.example", "viewer")
        role = theirs.role
    with pytest.raises(CrossTenantError):
        owner.role = role
    session = Session(user=owner)
    with pytest.raises(CrossTenantError):
        session.user = theirs
    with pytest.raises(CrossTenantError):
        Session.objects.create(user=theirs)


def test_objects_of_third_parties_are_stamped(organization: Organization, other_organization: Organization) -> None:
    """Their integers mean something in every organization, so this is where a slip would hurt."""
    group = Group.objects.order_by("pk").first()
    assert group is not None
    assert schema_of(group) == organization.schema_name
    with tenant_context(other_organization):
        for use in (
            group.save,
            group.delete,
            group.refresh_from_db,
            group.permissions.clear,
            lambda: list(group.permissions.all()),
            group.user_set.count,
            lambda: make_user("a@rival.example", "viewer").groups.add(group),
            lambda: make_user("b@rival.example", "viewer").groups.set([group]),
            lambda: User.objects.filter(groups=group).count(),
            lambda: Role(slug="x", group=group),
        ):
            with pytest.raises(CrossTenantError), transaction.atomic():
                use()


def test_queries_of_third_parties_are_stamped(organization: Organization, other_organization: Organization) -> None:
    groups = Group.objects.filter(name="viewer")
    grants = UserGrant.objects.all()
    with tenant_context(other_organization):
        for rows in (groups, grants):
            with pytest.raises(CrossTenantError):
                list(rows)
            with pytest.raises(CrossTenantError):
                rows.count()


def test_dumped_objects_may_be_loaded_where_one_is(owner: User, other_organization: Organization) -> None:
    """An import on purpose: plain data, which belongs to nobody."""
    text = serializers.serialize("json", [owner])
    with tenant_context(other_organization):
        (loaded,) = serializers.deserialize("json", text)
        assert schema_of(loaded.object) is None
