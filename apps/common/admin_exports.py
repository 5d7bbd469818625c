"""Lists of the back-office as files: what the list shows to this person, narrowed as it is narrowed there."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import islice
from typing import Any, Final

from django.conf import settings
from django.contrib.admin.options import IncorrectLookupParameters
from django.db.models import QuerySet
from django.http import HttpRequest
from django.http.response import HttpResponseBase
from django.shortcuts import redirect
from django.utils import timezone
from django.utils.module_loading import import_string
from django.utils.translation import gettext as _
from import_export.admin import ExportMixin
from import_export.fields import Field
from import_export.formats.base_formats import CSV, XLSX
from import_export.resources import Resource
from tablib import Dataset
from unfold.contrib.import_export.forms import ExportForm

from apps.common.admin import ServiceAdmin
from apps.common.errors import ApplicationError
from apps.common.spreadsheets import cell_of
from apps.common.tables import sheet_quote, table_lines
from apps.common.turns import table_turn

MOST_ROWS: Final = 10_000
"""In one file. They are put together in memory, a few thousand bytes each at worst."""
_AT_A_TIME = 500
_NOT_IN_XML = str.maketrans("\ufffe\uffff", "\ufffd\ufffd")
column = Field
"""``robot = column("robot__name")``: where rows have the value; of ``column()``, ``value_of_<name>(row)`` makes it."""


class CsvFormat(CSV):  # type: ignore[misc]  # untyped library
    """As all our tables are written, in UTF-8, and saying so."""

    CONTENT_TYPE = "text/csv; charset=utf-8"

    def export_data(self, dataset: Any, **kwargs: Any) -> str:
        return "".join(table_lines([dataset.headers, *dataset]))


class SheetFormat(XLSX):  # type: ignore[misc]  # untyped library
    """Texts that would be formulas are quoted here as well; what would make the file unreadable is replaced."""

    def export_data(self, dataset: Any, **kwargs: Any) -> Any:
        rows = ([_sheet_cell(cell) if isinstance(cell, str) else cell for cell in row] for row in dataset)
        return super().export_data(Dataset(*rows, headers=dataset.headers), **kwargs)


def _sheet_cell(text: str) -> str:
    """Of control characters the library takes care itself, but not of the two others that XML cannot hold."""
    return sheet_quote(text).translate(_NOT_IN_XML)


class ListResource(Resource):  # type: ignore[misc]  # untyped library
    """The columns of a list's file. They are named one by one: what nobody named is in no file."""

    @classmethod
    def get_display_name(cls) -> str:
        return cls.__name__

    def export_field(self, field: Any, instance: Any, **kwargs: Any) -> Any:
        made = getattr(self, f"value_of_{field.column_name}", field.get_value)
        return cell_of(made(instance))

    def iter_queryset(self, queryset: QuerySet[Any]) -> Iterator[Any]:
        """A few hundred rows at a time, and never more than fit into a file."""
        return islice(queryset.iterator(chunk_size=_AT_A_TIME), MOST_ROWS)


class FormatForm(ExportForm):  # type: ignore[misc]  # untyped library
    """Which kind of file; CSV where nobody says."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        _nothing, *offered = self.fields["format"].choices
        self.fields["format"].choices = offered
        self.initial["format"] = offered[0][0]


class ExportedAdmin(ExportMixin, ServiceAdmin):  # type: ignore[misc]  # untyped library
    """A page whose list can be had as a file by whoever may read it; the ledger tells who took how many rows.

    A page names its ``export_columns``.
    """

    export_columns: type[ListResource]
    export_formats = (CsvFormat, SheetFormat)
    export_form_class = FormatForm
    to_encoding = "utf-8"

    def has_export_permission(self, request: HttpRequest) -> bool:
        """For people of the organization; support of the platform looks, and carries nothing away."""
        actor: Any = getattr(request, "actor", None)
        return self.has_view_permission(request) and actor.user is not None

    def get_export_resource_classes(self, request: HttpRequest) -> list[type[ListResource]]:
        return [self.export_columns]

    def get_valid_export_item_pks(self, request: HttpRequest) -> tuple[()]:
        """Rows are chosen by the list's filters alone."""
        return ()

    def get_export_filename(self, request: HttpRequest, queryset: QuerySet[Any], file_format: Any) -> str:
        return f"{self.opts.model_name}-{timezone.localdate():%Y-%m-%d}.{file_format.get_extension()}"

    def export_action(self, request: HttpRequest) -> HttpResponseBase:
        try:
            return super().export_action(request)  # type: ignore[no-any-return]
        except IncorrectLookupParameters:
            return redirect(request.path)
        except ApplicationError as error:
            if request.method != "POST":
                raise
            self.explain(request, error)
            return redirect(request.get_full_path())

    def init_request_context_data(self, request: HttpRequest, form: Any) -> dict[str, Any]:
        rows = _counted(self.get_export_queryset(request))
        shown: dict[str, Any] = super().init_request_context_data(request, form)
        shown |= {"rows": min(rows, MOST_ROWS), "too_many": rows > MOST_ROWS, "most": MOST_ROWS}
        return {**shown, "here": _("Export")}

    def get_export_data(self, file_format: Any, request: Any, queryset: QuerySet[Any], **kwargs: Any) -> Any:
        """The file; it leaves only with its entry in the ledger. The library shows a ``ValueError`` on the page.

        Raises ``TooManyRequests`` while the organization has another one made.
        """
        if _counted(queryset) > MOST_ROWS:
            raise ValueError(_("Narrow the list first: a file holds at most %(count)d rows.") % {"count": MOST_ROWS})
        with table_turn():
            rows = self.get_data_for_export(request, queryset, **kwargs)
            found = len(rows)
            data = file_format.export_data(rows)
        import_string(settings.EXPORT_NOTED)(
            actor=request.actor,
            what=self.opts.label_lower,
            rows=found,
            file_format=file_format.get_extension(),
            narrowed={name: request.GET[name] for name in request.GET},
            now=timezone.now(),
        )
        return data if file_format.is_binary() else data.encode(kwargs["encoding"])


def _counted(rows: QuerySet[Any]) -> int:
    """How many there are, as far as that matters."""
    return rows[: MOST_ROWS + 1].count()
