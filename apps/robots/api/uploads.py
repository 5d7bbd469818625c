"""Uploads: onto disk while they come in, never into memory, and no further than the cap."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.core.exceptions import RequestDataTooBig, SuspiciousOperation
from django.core.files.uploadhandler import TemporaryFileUploadHandler
from django.http.multipartparser import MultiPartParserError
from django.utils.translation import gettext_lazy as _
from rest_framework.exceptions import ParseError
from rest_framework.parsers import MultiPartParser

from apps.common.errors import TooLarge
from apps.robots.errors import MalformedForm

FORM_OVERHEAD_BYTES = 1024 * 1024


def too_large() -> TooLarge:
    return TooLarge(_("The upload is larger than %(bytes)d bytes.") % {"bytes": settings.ENV.max_upload_bytes})


class CappedUploadHandler(TemporaryFileUploadHandler):
    """Writes files to temporary ones and stops the request once they are larger than allowed, all together."""

    received = 0

    def receive_data_chunk(self, raw_data: bytes, start: int) -> None:
        self.received += len(raw_data)
        if self.received > settings.ENV.max_upload_bytes:
            self.file.close()
            raise too_large()
        super().receive_data_chunk(raw_data, start)


class UploadParser(MultiPartParser):
    """``multipart/form-data`` whose files may be large."""

    def parse(self, stream: Any, media_type: str | None = None, parser_context: Any = None) -> Any:
        request = parser_context["request"]
        if int(request.META.get("CONTENT_LENGTH") or 0) > settings.ENV.max_upload_bytes + FORM_OVERHEAD_BYTES:
            raise too_large()
        request._request.upload_handlers = [CappedUploadHandler(request._request)]
        try:
            return super().parse(stream, media_type, parser_context)
        except RequestDataTooBig as error:
            raise TooLarge from error
        except (ParseError, MultiPartParserError, SuspiciousOperation, ValueError) as error:
            raise MalformedForm from error
