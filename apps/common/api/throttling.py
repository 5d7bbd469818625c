"""Rate limits of the API: per user or key where one is known, per address otherwise."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from rest_framework.throttling import BaseThrottle

from apps.common.limits import hit


class ActorThrottle(BaseThrottle):
    """Raises ``TooManyRequests`` itself, with the time to wait."""

    def allow_request(self, request: Any, view: Any) -> bool:
        actor = getattr(request._request, "actor", None)
        if actor is not None and actor.is_authenticated:
            hit(settings.ENV.rate_limit_api, "api", actor.schema, str(actor.user_id or actor.id))
        else:
            hit(settings.ENV.rate_limit_anonymous, "anonymous", request._request.client_ip or "")
        return True
