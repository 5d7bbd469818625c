"""The door's own check: is anybody there? What they may do, services and selectors decide."""

from __future__ import annotations

from typing import TYPE_CHECKING

from rest_framework.permissions import BasePermission
from rest_framework.request import Request

from apps.common.api.operation import Right
from apps.common.errors import Unauthorized

if TYPE_CHECKING:
    from rest_framework.views import APIView


class DeclaredRight(BasePermission):
    """Lets through who is known, or anybody where the operation is declared public; nothing undeclared is served."""

    def has_permission(self, request: Request, view: APIView) -> bool:
        declaration = getattr(view, "declaration", None)
        if declaration is None:
            return False
        if declaration.right is Right.PUBLIC:
            return True
        actor = getattr(request._request, "actor", None)
        if actor is None or not actor.is_authenticated:
            raise Unauthorized
        return True
