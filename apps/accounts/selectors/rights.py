"""What people may, and why: roles and grants, told to administrators."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from django.contrib.auth.models import Permission
from django.core.exceptions import ValidationError
from django.db.models import Model
from django.utils.translation import gettext_lazy as _

from apps.accounts.errors import ResourceNotFound, UnknownAction, WrongResourceType
from apps.accounts.grants import GrantRow
from apps.accounts.models import GroupGrant, TagGrant, User, UserGrant
from apps.accounts.payloads import By, Explanation, Reason, Rights
from apps.accounts.permissions import decide, person
from apps.accounts.roles import ACTIONS, ORGANIZATION_ACTIONS
from apps.accounts.selectors.users import user_get
from apps.common.actor import Actor
from apps.common.errors import InvalidInput


def permission_about(action: str, resource_type: str) -> Permission:
    """The permission of an action on objects of a type, with that type: grants refer to it. No actor: a lookup.

    Raises ``UnknownAction``; ``WrongResourceType`` also where the action is about the organization as a whole.
    """
    if action not in ACTIONS:
        raise UnknownAction
    about = Permission.objects.filter(codename=action, content_type__model=resource_type)
    found = about.select_related("content_type").first()
    if found is None or action in ORGANIZATION_ACTIONS:
        raise WrongResourceType
    return found


def resource_find(model: Any, resource_id: Any) -> Model | None:
    """An object of this organization by its id, or None. No actor: the caller asks for the right on it."""
    try:
        found: Model | None = model._default_manager.filter(pk=resource_id).first()
    except (ValueError, ValidationError):
        return None
    return found


def user_rights(*, actor: Actor, user_id: UUID) -> Rights:
    """A person's role, own grants, and what groups and role were granted beside [admin.manage].

    Raises ``UserNotFound``.
    """
    user = user_get(actor=actor, user_id=user_id)
    groups = [user.role.group_id, *user.groups.values_list("pk", flat=True)]
    objects = ("permission", "content_type")
    own = [*UserGrant.objects.filter(user=user).select_related(*objects), *TagGrant.objects.filter(user=user)]
    shared = [
        *GroupGrant.objects.filter(group__in=groups).select_related(*objects, "group"),
        *TagGrant.objects.filter(group__in=groups).select_related("group"),
    ]
    return Rights(user, *(sorted(grants, key=lambda grant: grant.pk) for grants in (own, shared)))


def rights_explain(
    *, actor: Actor, user_id: UUID, action: str, resource_type: str = "", resource_id: UUID | None = None
) -> Explanation:
    """Why a person may, or may not, do an action on one object, or anywhere at all [admin.manage].

    What decides is asked, and tells: there is no second rule. Raises ``UserNotFound``, ``UnknownAction``,
    ``WrongResourceType``, ``ResourceNotFound``, ``InvalidInput`` for a type without an id or an id without a type.
    """
    user = user_get(actor=actor, user_id=user_id)
    resource = _resource(action, resource_type, resource_id)
    decision = decide(person(user), action, resource)
    if not user.is_active:
        return Explanation(allowed=False, because=[Reason("account", "refuses")])
    reasons = [Reason("role", "gives", role=user.role)] if decision.by is By.ROLE else []
    reasons += _told(user, decision.matching, "gives") + _told(user, decision.narrowing, "narrows")
    if not decision.allowed and not decision.narrowing:
        reasons.append(Reason("role", "lacks", role=user.role))
    return Explanation(decision.allowed, reasons)


def _resource(action: str, resource_type: str, resource_id: UUID | None) -> Model | None:
    if action not in ACTIONS:
        raise UnknownAction
    if bool(resource_type) != (resource_id is not None):
        missing = "resource_id" if resource_type else "resource_type"
        raise InvalidInput(errors={missing: [_("An object has a type and an id.")]})
    if resource_id is None:
        return None
    found = resource_find(permission_about(action, resource_type).content_type.model_class(), resource_id)
    if found is None:
        raise ResourceNotFound
    return found


def _told(user: User, rows: Sequence[GrantRow], effect: str) -> list[Reason]:
    """The grants of a decision as what they are: of the person, of a group, or of the role."""
    ids = [row.id for row in rows if row.id is not None]
    objects, tagged = ("permission", "content_type"), TagGrant.objects.filter(pk__in=ids).select_related("group")
    grants: list[Any] = [*UserGrant.objects.filter(pk__in=ids).select_related(*objects), *tagged]
    grants += GroupGrant.objects.filter(pk__in=ids).select_related(*objects, "group")
    reasons = []
    for grant in sorted(grants, key=lambda grant: grant.pk):
        group = getattr(grant, "group", None)
        of_role = group is not None and group.pk == user.role.group_id
        source = "grant" if group is None else "role" if of_role else "group"
        role, group = (user.role, None) if of_role else (None, group)
        reasons.append(Reason(source, effect, role=role, group=group, grant=grant))
    return reasons
