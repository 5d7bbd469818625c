"""Answers that are streamed: files and whole logs, a piece at a time."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing
from pathlib import PurePosixPath
from uuid import UUID

from django.core.files.base import File
from django.http import HttpResponse, HttpResponseNotModified, StreamingHttpResponse
from django.http.response import HttpResponseBase
from django.utils.http import content_disposition_header

from apps.common.etags import matches
from apps.common.middleware.headers import DATA_POLICY
from apps.executions.models import Artifact
from apps.executions.selectors import log_text
from apps.robots.api.ranges import byte_range
from apps.robots.live import frames
from apps.robots.live.events import HELLO, event
from apps.robots.live.feed import closing_frames
from apps.robots.live.reader import snapshot_of
from apps.robots.models import Run
from apps.robots.selectors.runs import artifact_opened
from apps.tenants.context import current_schema, tenant_context

PIECE_BYTES = 64 * 1024
AT_ONCE_BYTES = 1024**2
CHUNKS_AT_ONCE = 50
ALIKE = {
    "Cache-Control": "private, no-cache, no-transform",
    "Content-Security-Policy": f"{DATA_POLICY}; sandbox",
    "X-Content-Type-Options": "nosniff",
}
"""What stands in 304 too, for browsers put its headers in the place of those that they kept with the file."""


def artifact_as_download(
    artifact: Artifact, *, seen: str | None, wanted: str | None, unless_changed: str | None
) -> HttpResponseBase:
    """The file under its original name, or 304 where ``seen`` names it already, as If-None-Match does.

    What is small is handed over at once, so that no thread waits for its reader: pages show many pictures.

    ``wanted`` is a Range header, obeyed while ``unless_changed`` fits. Raises ``RangeNotSatisfiable``, and
    ``ArtifactNotFound`` for a file that retention has taken away meanwhile.
    """
    etag = f'"{artifact.sha256}"'
    if seen is not None and matches(etag, seen):
        return HttpResponseNotModified(headers={**ALIKE, "ETag": etag})
    span = byte_range(wanted, artifact.size) if unless_changed in {None, etag} else None
    first, last = span or (0, artifact.size - 1)
    file = artifact_opened(artifact)
    length = last - first + 1
    respond = HttpResponse if length <= AT_ONCE_BYTES else StreamingHttpResponse
    response = respond(
        _pieces(file, first, length),
        status=206 if span else 200,
        content_type=artifact.content_type,
        headers={**ALIKE, "ETag": etag},
    )
    response["Content-Length"] = str(length)
    response["Content-Disposition"] = str(
        content_disposition_header(as_attachment=True, filename=PurePosixPath(artifact.name).name)
    )
    response["Accept-Ranges"] = "bytes"
    if span:
        response["Content-Range"] = f"bytes {first}-{last}/{artifact.size}"
    return response


def _pieces(file: File[bytes], first: int, length: int) -> Iterator[bytes]:
    with closing(file):
        file.seek(first)
        while length > 0 and (piece := file.read(min(PIECE_BYTES, length))):
            length -= len(piece)
            yield piece


def log_as_events(run: Run, *, after: int) -> StreamingHttpResponse:
    """The log so far as Server-Sent Events, and the end if there is one; else browsers come back for the rest.

    The process of the sockets streams as lines come. This is what a process of plain HTTP can do in its place.
    """
    response = StreamingHttpResponse(
        _events(current_schema(), run.pk, after), content_type="text/event-stream; charset=utf-8"
    )
    response["Cache-Control"] = "no-store, no-transform"
    return response


def _events(schema: str, run_id: UUID, cursor: int) -> Iterator[bytes]:
    yield HELLO
    more = True
    while more:
        with tenant_context(schema):  # the request's own context has ended by then
            snapshot = snapshot_of(run_id, after=cursor, chunks=CHUNKS_AT_ONCE)
        if snapshot is None:
            return
        for piece in snapshot.pieces:
            for frame in frames.frames_after(run_id, cursor, piece):
                cursor = frame.seq or cursor
                yield event(frame)
        more = snapshot.more
        if not more:
            yield from map(event, closing_frames(run_id, cursor, snapshot))


def log_as_text(run: Run) -> StreamingHttpResponse:
    """The whole log as the robot wrote it, line for line."""
    response = StreamingHttpResponse(log_text(execution=run.execution), content_type="text/plain; charset=utf-8")
    response["Content-Disposition"] = str(content_disposition_header(as_attachment=True, filename=f"{run.pk}.log"))
    response["X-Content-Type-Options"] = "nosniff"
    return response
