"""What an organization has asked the API before: answers that are kept for it, tags that it knows."""

from __future__ import annotations

import secrets

from apps.common.api.declaration import Right
from apps.isolation.doors.in_process import called
from apps.isolation.doors.wire import Request
from apps.isolation.side import Past, Side, Used
from apps.isolation.surface.bodies import least, written
from apps.isolation.surface.routes import Operation, operations
from apps.isolation.surface.values import NoValue, values_of

READ = frozenset({*range(200, 300), 400, 409})
"""How a right request is answered: done, or refused by a rule of the business."""


def past_of(side: Side, gaps: list[str]) -> Past:
    """Reads every object that has a tag, and sends every effect without an object under a key, as the owner."""
    past = Past()
    for operation in operations():
        declared = operation.declaration
        if declared is None or declared.right is Right.PUBLIC or operation.is_platforms:
            continue
        try:
            if operation.method == "GET":
                _note_tag(side, operation, past)
            elif declared.idempotent and not operation.route.parameters:
                _use_key(side, operation, past, gaps)
        except NoValue:
            continue  # the cases tell of it
    return past


def _owner(side: Side, operation: Operation) -> Request:
    path = operation.route.path(values_of(side, operation.route))
    return Request(operation.method, side.host, path, (("Authorization", f"Bearer {side.owner.token}"),))


def _note_tag(side: Side, operation: Operation, past: Past) -> None:
    tag = called(_owner(side, operation)).header("ETag")
    if tag:
        past.tags[operation.route.template] = tag


def _use_key(side: Side, operation: Operation, past: Past, gaps: list[str]) -> None:
    if operation.declaration is None:
        return
    key, body = secrets.token_hex(8), written(operation.declaration, least(operation.declaration, side))
    request = _owner(side, operation).but(body=body.data, content_type=body.content_type)
    answer = called(request.with_headers(("Idempotency-Key", key)))
    if answer.status not in READ:
        gaps.append(f"{operation.key}: a right request was answered {answer.status}: {answer.body[:200]!r}")
    past.used[operation.route.template] = Used(key, body.data, body.content_type)
