"""``Idempotency-Key`` at the door of the API."""

from __future__ import annotations

import re
from collections.abc import Callable
from contextlib import AbstractContextManager
from hashlib import sha256
from typing import Any

import orjson
from django.conf import settings
from django.core.exceptions import PermissionDenied
from django.core.files.uploadedfile import UploadedFile
from django.db import transaction
from django.http import Http404, HttpResponse, QueryDict
from django.http.response import HttpResponseBase
from django.utils import timezone
from django.utils.module_loading import import_string
from rest_framework.exceptions import APIException
from rest_framework.response import Response

from apps.common.api.declaration import Declaration
from apps.common.api.renderers import JSONRenderer, to_json
from apps.common.errors import ApplicationError, InvalidIdempotencyKey
from apps.common.idempotency import Answer, Claim

REPLAYED = "Idempotency-Replayed"
_KEY = re.compile(r"[\x21-\x7e]{1,255}\Z")
_HEADERS_KEPT = ("Content-Type", "ETag", "Location")
_REFUSALS = (ApplicationError, APIException, Http404, PermissionDenied)


def once(
    request: Any,
    declared: Declaration,
    prepared: Callable[[], AbstractContextManager[None]],
    act: Callable[[], HttpResponseBase],
) -> HttpResponseBase:
    """Calls the action unless its key was used; only a success is stored, a refusal sets the key free.

    What an operation prepares ahead of the transaction is prepared by one at a time, and not at all for a replay.
    """
    key = request.headers.get("Idempotency-Key")
    if key is None:
        with prepared():
            return act()
    if not _KEY.match(key):
        raise InvalidIdempotencyKey
    claim = Claim(scope=_scope(request), key=key, request=_content(request))
    if declared.prepare is None:
        return _in_one_transaction(request, declared, claim, act)
    with claim.begun():
        stored = claim.answered(now=timezone.now())
        if stored is not None:
            return _replayed(request, declared, stored)
        with prepared():
            return _in_one_transaction(request, declared, claim, act)


def _in_one_transaction(
    request: Any, declared: Declaration, claim: Claim, act: Callable[[], HttpResponseBase]
) -> HttpResponseBase:
    """The effect and its answer.

    A refusal leaves what the action has committed before it, as it would without a key (say, the count of failed
    attempts); anything unforeseen rolls everything back.
    """
    now = timezone.now()
    with transaction.atomic():
        stored = claim.take(now=now)
        if stored is not None:
            return _replayed(request, declared, stored)
        refusal: Exception | None = None
        try:
            response = act()
        except _REFUSALS as error:
            refusal = error
        else:
            if 200 <= response.status_code < 300:  # noqa: PLR2004  # the class of success
                claim.keep(_answer_of(response), now=now)
    if refusal is not None:
        raise refusal
    return response


def _replayed(request: Any, declared: Declaration, stored: Answer) -> HttpResponse:
    """The stored answer, for who may still do what it tells of. Raises ``PermissionDenied``."""
    if isinstance(declared.right, str):
        import_string(settings.RIGHT_REQUIRED)(request.actor, declared.right)
    return HttpResponse(stored.body, status=stored.status, headers=stored.headers | {REPLAYED: "true"})


def _scope(request: Any) -> str:
    """Who may get the stored answer: the same actor (nobody known: the same address) on the same route."""
    actor = request._request.actor
    return "\n".join((actor.type, actor.id or actor.ip or "", request.method, request.path))


def _content(request: Any) -> bytes:
    """The request as a key remembers it: query and body by meaning, so that a new multipart boundary is no change."""
    query = sorted(request.query_params.lists())
    data = request.data
    body = (
        sorted((name, [_part(value) for value in values]) for name, values in data.lists())
        if isinstance(data, QueryDict)
        else data
    )
    return orjson.dumps([query, body], option=orjson.OPT_SORT_KEYS)


def _part(value: Any) -> Any:
    if not isinstance(value, UploadedFile):
        return value
    digest = sha256()
    for chunk in value.chunks():
        digest.update(chunk)
    value.seek(0)
    return [value.name, digest.hexdigest()]


def _answer_of(response: HttpResponseBase) -> Answer:
    headers = {name: response[name] for name in _HEADERS_KEPT if name in response}
    if isinstance(response, Response):
        body = b"" if response.data is None else to_json(response.data)
        return Answer(response.status_code, headers | {"Content-Type": JSONRenderer.media_type}, body)
    if not isinstance(response, HttpResponse):
        raise TypeError("an idempotent operation cannot answer with a stream")
    return Answer(response.status_code, headers, response.content)
