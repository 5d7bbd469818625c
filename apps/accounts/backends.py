"""Sign-in of the pages and the back-office: e-mail and password, inside one organization."""

from __future__ import annotations

from typing import Any

from django.contrib.auth.backends import ModelBackend

from apps.accounts.models import User


class EmailBackend(ModelBackend):
    """Django's own backend looks users up by ``email``; the role is read along."""

    def get_user(self, user_id: Any) -> User | None:
        return User.objects.select_related("role").filter(pk=user_id, is_active=True).first()
