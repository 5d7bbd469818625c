"""Routes of people as a table: taken in, and given out."""

from __future__ import annotations

from django.http import StreamingHttpResponse
from django.utils import timezone
from django.utils.http import content_disposition_header
from drf_spectacular.types import OpenApiTypes
from rest_framework.response import Response

from apps.accounts.api.serializers.user_files import UserExportQuery, UserImportInput, UserImportOutput
from apps.accounts.selectors.users import users_exportable, users_table
from apps.accounts.services.user_imports import MANAGE, MOST_BYTES, users_import
from apps.common.api import ApiRequest, ApiViewSet, MultiPartParser, operation
from apps.common.errors import Busy, InvalidTable
from apps.common.imports import Change
from apps.common.tables import SEPARATORS, table_lines
from apps.tenants.context import require_tenant

CSV = "text/csv"


class UserFileViewSet(ApiViewSet):
    """People of the organization, as CSV."""

    @operation(
        summary="Add and change people from a CSV file, all or none; a dry run tells what each line would do",
        right=MANAGE,
        request=UserImportInput,
        response=UserImportOutput,
        errors=[InvalidTable, Busy],
        idempotent=True,
        parsers=[MultiPartParser],
    )
    def take(self, request: ApiRequest) -> Response:
        content = request.payload["file"].read(MOST_BYTES + 1)
        imported = users_import(
            actor=request.actor, content=content, dry_run=request.payload["dry_run"], now=timezone.now()
        )
        done = request.payload["dry_run"] or not imported.errors
        counts = {change.value: imported.count(change) if done else 0 for change in Change}
        return Response(UserImportOutput({**counts, "errors": imported.errors}).data)

    @operation(
        summary="People as a CSV file, in the order they were added; no spreadsheet takes a cell for a formula",
        right=MANAGE,
        query=UserExportQuery,
        response=OpenApiTypes.STR,
        produces=[CSV],
    )
    def give(self, request: ApiRequest) -> StreamingHttpResponse:
        filters = {name: value for name, value in request.query.items() if name not in {"format", "separator"}}
        users = users_exportable(actor=request.actor, **filters)
        lines = table_lines(
            users_table(users=users, schema=require_tenant()), separator=SEPARATORS[request.query["separator"]]
        )
        response = StreamingHttpResponse(lines, content_type=f"{CSV}; charset=utf-8")
        response["Content-Disposition"] = str(content_disposition_header(as_attachment=True, filename="users.csv"))
        response["X-Content-Type-Options"] = "nosniff"
        response["Cache-Control"] = "private, no-store"
        return response
