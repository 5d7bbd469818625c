"""Groups of people: what they are granted, all their members have beside their role."""

from __future__ import annotations

from typing import Any, ClassVar

from django.contrib.auth.models import Group
from django.db import models
from django.utils.translation import gettext_lazy as _

from apps.tenants.guard import TenantQuerySet
from apps.tenants.models import TenantModel


class UserGroup(TenantModel):
    """A group that people are put in by hand. It stands beside a Django group, as a role does, which has the name."""

    group = models.OneToOneField(Group, on_delete=models.PROTECT, related_name="own", verbose_name=_("group"))

    objects: ClassVar[Any] = TenantQuerySet.as_manager()

    class Meta:
        ordering = ("group__name",)
        verbose_name = _("group")
        verbose_name_plural = _("groups")

    def __str__(self) -> str:
        return str(self.group.name)

    @property
    def name(self) -> str:
        return str(self.group.name)
