"""Caps on bodies, before anything reads them, and on how many may be on their way at once, in and out."""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Iterator
from contextlib import ExitStack, nullcontext
from math import inf
from typing import Any, BinaryIO, cast

from django.conf import settings
from django.http import Http404, HttpRequest, StreamingHttpResponse
from django.http.response import HttpResponseBase
from django.urls import resolve

from apps.common.actor import Actor
from apps.common.api.declaration import declaration_of
from apps.common.api.parsers import MultiPartParser
from apps.common.api.responses import error_response
from apps.common.errors import ApplicationError, BadRequest, LengthRequired, TooLarge
from apps.common.network import neighbourhood
from apps.common.turns import Turns

GetResponse = Callable[[HttpRequest], HttpResponseBase]
_CHUNK_BYTES = 64 * 1024
_IN_MEMORY_BYTES = 1024**2
_FRAMING_BYTES = 1024**2  # what an upload may have beside its file: other fields and what holds the parts together
_SECONDS = 10


class BodyLimitMiddleware:
    """Refuses a body that says it is too large before a byte of it is read, and one that does not say so as it grows.

    Only routes that declare uploads take more than the common cap. The proxy passes bodies of these on as they come, so
    that each holds a thread for as long as its sender likes, and so does an answer in pieces for its reader: a quarter
    of a process's threads is kept for all else, and downloads of one person have another quarter.
    """

    def __init__(self, get_response: GetResponse) -> None:
        self.get_response = get_response
        threads = settings.ENV.web_threads
        self._bodies = Turns(max(threads * 3 // 4, 1), lasting=_SECONDS)
        self._of_readers = Turns(inf, of_each=max(threads // 4, 1), lasting=_SECONDS)

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        try:
            return self.held(request, self.passed_on(request))
        except ApplicationError as error:
            return error_response(error)

    def passed_on(self, request: HttpRequest) -> HttpResponseBase:
        """Goes on with a body that is not too large. Raises ``TooLarge``, ``TooManyRequests``."""
        length = _length(request)
        if length == 0:
            return self.get_response(request)
        takes_files = _takes_files(request)
        cap = _cap(request, takes_files=takes_files)
        if length is not None and length > cap:
            raise TooLarge(extra={"max_bytes": cap})
        with self._bodies.taken() if takes_files else nullcontext():
            return self.get_response(request) if length is not None else self.in_chunks(request, cap)

    def held(self, request: HttpRequest, response: HttpResponseBase) -> HttpResponseBase:
        """An answer in pieces has a turn until it is read or given up. Raises ``TooManyRequests``."""
        if isinstance(response, StreamingHttpResponse):
            pieces: Any = response.streaming_content
            with ExitStack() as turns:
                turns.enter_context(self._of_readers.taken(_reader(request)))
                turns.enter_context(self._bodies.taken())
                response.streaming_content = _Held(iter(pieces), turns.pop_all())
        return response

    def in_chunks(self, request: HttpRequest, cap: int) -> HttpResponseBase:
        """Goes on with the whole of a chunked body, which lies beside until the answer is there."""
        with tempfile.SpooledTemporaryFile(max_size=_IN_MEMORY_BYTES, dir=str(settings.FILE_UPLOAD_TEMP_DIR)) as spool:
            _take_in_chunks(request, cast("BinaryIO", spool), cap)
            return self.get_response(request)


class _Held:
    """Pieces of an answer, and what is held until the last of them was taken, or nobody wants them any more."""

    def __init__(self, pieces: Iterator[Any], held: ExitStack) -> None:
        self._pieces, self._held = pieces, held

    def __iter__(self) -> _Held:
        return self

    def __next__(self) -> Any:
        try:
            return next(self._pieces)
        except BaseException:
            self.close()
            raise

    def close(self) -> None:
        self._held.close()

    def __del__(self) -> None:  # where a server forgets to close what it gives up
        self.close()


def _reader(request: Any) -> str:
    """Who reads the answer: a person with all their keys, support, or nobody known at some address."""
    actor: Actor | None = getattr(request, "actor", None)
    if actor is None or not actor.is_authenticated:
        return neighbourhood(getattr(request, "client_ip", None))
    return f"{actor.schema} {actor.user_id or actor.id}"


def _length(request: HttpRequest) -> int | None:
    """The announced length; None for a chunked body, which announces none."""
    announced = request.META.get("CONTENT_LENGTH") or ""
    if announced.isascii() and announced.isdigit():
        return int(announced)
    if announced:
        raise BadRequest
    return None if "chunked" in request.META.get("HTTP_TRANSFER_ENCODING", "").lower() else 0


def _cap(request: HttpRequest, *, takes_files: bool) -> int:
    """What the route takes; forms alone may carry uploads."""
    if takes_files and request.content_type == MultiPartParser.media_type:
        return int(settings.ENV.max_upload_bytes) + _FRAMING_BYTES
    return int(settings.ENV.max_body_bytes)


def _takes_files(request: HttpRequest) -> bool:
    """Whether uploads may come by the route, in whatever form this body is."""
    try:
        view: Any = resolve(request.path_info).func
    except Http404:
        return False
    if getattr(view, "takes_files", False):  # a page with a form for files
        return True
    action = getattr(view, "actions", {}).get((request.method or "").lower())
    declaration = declaration_of(getattr(view.cls, action, None)) if action else None
    return declaration is not None and declaration.takes_files


def _take_in_chunks(request: HttpRequest, body: BinaryIO, cap: int) -> None:
    """Reads a chunked body, which Django itself would take for none; beyond a megabyte to disk."""
    if not (request.META.get("wsgi.input_terminated") or "asgi.scope" in request.META):
        raise LengthRequired
    taken = 0
    while chunk := request.META["wsgi.input"].read(_CHUNK_BYTES):
        taken += len(chunk)
        if taken > cap:
            raise TooLarge(extra={"max_bytes": cap})
        body.write(chunk)
    body.seek(0)
    request._stream = body  # where Django's own reading begins
    request.META["CONTENT_LENGTH"] = str(taken)
