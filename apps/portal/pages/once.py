"""A form that is sent twice acts once: by the key it was drawn with."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from hashlib import sha256
from http import HTTPStatus

import orjson
from django.db import transaction
from django.http import HttpResponse, HttpResponseRedirect
from django.utils import timezone

from apps.common.errors import IdempotencyInProgress
from apps.common.idempotency import Answer, Claim
from apps.common.ids import uuid7
from apps.portal.pages.door import PageRequest

KEY = "idempotency_key"
LONGEST = 100
TRIES, BETWEEN_TRIES = 20, 0.1  # seconds


def new_key() -> str:
    """For the hidden field of a form that is about to be drawn."""
    return str(uuid7())


def once(request: PageRequest, content: Mapping[str, object], act: Callable[[], str]) -> HttpResponse:
    """Acts and goes on to the address that ``act`` returns; the same form with the same content only goes on there.

    Other content is another wish: whoever goes back and corrects a form is not held to the first one. Who clicks twice
    waits a moment for the first click, and arrives where that one leads. What comes without a key acts each time.
    """
    sent = orjson.dumps(content, option=orjson.OPT_SORT_KEYS)
    key = f"{request.POST.get(KEY, '')[:LONGEST] or new_key()}:{sha256(sent).hexdigest()}"
    scope = "\n".join(("page", request.actor.type, request.actor.id, request.path))
    claim = Claim(scope=scope, key=key, request=sent)
    for _try in range(TRIES):
        try:
            return HttpResponseRedirect(_address(claim, act))
        except IdempotencyInProgress:
            time.sleep(BETWEEN_TRIES)
    raise IdempotencyInProgress(retry_after=1)


def _address(claim: Claim, act: Callable[[], str]) -> str:
    now = timezone.now()
    with transaction.atomic():
        stored = claim.take(now=now)
        if stored is not None:
            return stored.headers["Location"]
        address = act()
        claim.keep(Answer(HTTPStatus.FOUND, {"Location": address}, b""), now=now)
    return address
