"""Rates of the API, of pages and of streams: per user or key where one is known, per address otherwise."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from rest_framework.throttling import BaseThrottle

from apps.common.actor import Actor
from apps.common.limits import hit_everywhere, hit_in_shares
from apps.common.network import neighbourhood


def count_anonymous(ip: str | None) -> None:
    """Counts a request without valid credentials; raises ``TooManyRequests`` when its address has sent too many."""
    hit_everywhere(settings.ENV.rate_limit_anonymous, "anonymous", neighbourhood(ip))


def count_actor(actor: Actor) -> None:
    """Counts a request of whoever is known; raises ``TooManyRequests``.

    Anybody may have many API keys, so all of a person's are counted together as well.
    """
    hit_in_shares(settings.ENV.rate_limit_api, "api", actor.type, actor.id)
    if actor.type == "api_key":
        hit_in_shares(settings.ENV.rate_limit_api_keys, "api-keys", str(actor.user_id))


class ActorThrottle(BaseThrottle):
    """Raises ``TooManyRequests`` itself, with the time to wait."""

    def allow_request(self, request: Any, view: Any) -> bool:
        actor = getattr(request._request, "actor", None)
        if actor is not None and actor.is_authenticated:
            count_actor(actor)
        else:
            count_anonymous(getattr(request._request, "client_ip", None))
        return True
