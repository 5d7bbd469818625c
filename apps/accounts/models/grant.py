"""Rights given on single objects (django-guardian's tables, with our keys and dates) and on robot tags."""

from __future__ import annotations

from typing import Any, ClassVar

from django.contrib.auth.models import Group, Permission
from django.contrib.contenttypes.models import ContentType
from django.db import models
from django.utils.translation import gettext_lazy as _
from guardian.managers import GroupObjectPermissionManager, UserObjectPermissionManager
from guardian.models import GroupObjectPermissionAbstract, UserObjectPermissionAbstract

from apps.accounts.models.user import User
from apps.tenants.guard import TenantQuerySet
from apps.tenants.models import TenantModel


class UserGrantManager(UserObjectPermissionManager):
    """Guardian's manager over guarded querysets."""

    def get_queryset(self) -> TenantQuerySet[Any]:
        return TenantQuerySet(self.model, using=self._db)


class GroupGrantManager(GroupObjectPermissionManager):
    """Guardian's manager over guarded querysets."""

    def get_queryset(self) -> TenantQuerySet[Any]:
        return TenantQuerySet(self.model, using=self._db)


class ObjectGrant:
    """What a grant on one object is called on the wire, in the words of grants by tag."""

    permission: Any
    content_type: Any
    object_pk: Any
    scope_tag: None = None

    @property
    def action(self) -> str:
        return str(self.permission.codename)

    @property
    def resource_type(self) -> str:
        return str(self.content_type.model)

    @property
    def resource_id(self) -> str:
        return str(self.object_pk)


class UserGrant(ObjectGrant, TenantModel, UserObjectPermissionAbstract):
    """An action on one object, for one person: takes the place of the role for that action."""

    # Guardian's own fields, but for the indexes: grants are looked for by their holder, as the unique key begins.
    user = models.ForeignKey(User, on_delete=models.CASCADE, db_index=False)
    permission = models.ForeignKey(Permission, on_delete=models.CASCADE, db_index=False)
    content_type = models.ForeignKey(ContentType, on_delete=models.CASCADE, db_index=False)

    objects: ClassVar[Any] = UserGrantManager()

    class Meta(UserObjectPermissionAbstract.Meta):
        abstract = False
        verbose_name = _("grant to a person")
        verbose_name_plural = _("grants to people")
        indexes: ClassVar = []


class GroupGrant(ObjectGrant, TenantModel, GroupObjectPermissionAbstract):
    """An action on one object, for everybody of a group or role: only ever adds."""

    group = models.ForeignKey(Group, on_delete=models.CASCADE, db_index=False)
    permission = models.ForeignKey(Permission, on_delete=models.CASCADE, db_index=False)
    content_type = models.ForeignKey(ContentType, on_delete=models.CASCADE, db_index=False)

    objects: ClassVar[Any] = GroupGrantManager()

    class Meta(GroupObjectPermissionAbstract.Meta):
        abstract = False
        verbose_name = _("grant to a group")
        verbose_name_plural = _("grants to groups")
        indexes: ClassVar = []


class TagGrant(TenantModel):
    """An action on every robot that carries a tag, or every service of such a robot, for a user or a group."""

    resource_id: None = None

    action = models.CharField(_("action"), max_length=60)
    scope_tag = models.CharField(_("tag"), max_length=60)
    user = models.ForeignKey(
        User,
        on_delete=models.CASCADE,
        null=True,
        blank=True,
        related_name="tag_grants",
        db_index=False,  # the unique key begins with it
        verbose_name=_("user"),
    )
    group = models.ForeignKey(
        Group, on_delete=models.CASCADE, null=True, blank=True, related_name="tag_grants", verbose_name=_("group")
    )

    class Meta:
        ordering = ("action", "scope_tag", "id")
        verbose_name = _("grant by tag")
        verbose_name_plural = _("grants by tag")
        constraints: ClassVar = [
            models.CheckConstraint(
                condition=models.Q(user__isnull=False, group__isnull=True)
                | models.Q(user__isnull=True, group__isnull=False),
                name="tag_grant_one_holder",
            ),
            models.UniqueConstraint(
                fields=["user", "group", "action", "scope_tag"], nulls_distinct=False, name="tag_grant_unique"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.action} #{self.scope_tag}"

    @property
    def resource_type(self) -> str:
        """Services have no tags of their own: theirs are those of their robots, like everything else's."""
        return "service" if self.action.startswith("service.") else "robot"


Grant = UserGrant | GroupGrant | TagGrant
