"""Rate limits of the API: per user or key where one is known, per address otherwise."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.http import HttpRequest
from rest_framework.throttling import BaseThrottle

from apps.common.limits import hit_everywhere, hit_in_shares
from apps.common.network import neighbourhood


def count_anonymous(http: HttpRequest) -> None:
    """Counts a request without valid credentials; raises ``TooManyRequests`` when its address has sent too many."""
    hit_everywhere(settings.ENV.rate_limit_anonymous, "anonymous", neighbourhood(getattr(http, "client_ip", None)))


class ActorThrottle(BaseThrottle):
    """Raises ``TooManyRequests`` itself, with the time to wait."""

    def allow_request(self, request: Any, view: Any) -> bool:
        actor = getattr(request._request, "actor", None)
        if actor is not None and actor.is_authenticated:
            hit_in_shares(settings.ENV.rate_limit_api, "api", actor.type, actor.id)
        else:
            count_anonymous(request._request)
        return True
