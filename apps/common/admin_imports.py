"""Rows of the back-office from files: first a look at what would happen, line by line, then all of it or nothing."""

from __future__ import annotations

import base64
import binascii
from collections.abc import Callable, Mapping
from itertools import islice
from typing import Any, ClassVar, Final

from django import forms
from django.contrib import messages
from django.core.exceptions import NON_FIELD_ERRORS, PermissionDenied, ValidationError
from django.http import HttpRequest
from django.http.response import HttpResponseBase
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from django.urls import URLPattern, path, reverse
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from import_export.admin import ImportMixin
from import_export.formats.base_formats import CSV
from import_export.forms import ConfirmImportForm
from import_export.results import Result, RowResult
from import_export.tmp_storages import BaseStorage
from tablib import Dataset, InvalidDimensions
from unfold.contrib.import_export.forms import ImportForm

from apps.common.admin_exports import ExportedAdmin, ListResource
from apps.common.arrivals import taking_files
from apps.common.errors import ApplicationError, InvalidTable
from apps.common.imports import Change, Imported, Lines
from apps.common.tables import Line, table_read

MOST_LINES: Final = 1_000
MOST_BYTES: Final = 1024**2
_TYPES: Final = {
    Change.CREATED: RowResult.IMPORT_TYPE_NEW,
    Change.UPDATED: RowResult.IMPORT_TYPE_UPDATE,
    Change.UNCHANGED: RowResult.IMPORT_TYPE_SKIP,
}


class SwitchField(forms.TypedChoiceField):
    """On or off, as spreadsheets and people write it; nothing leaves it as it is."""

    WORDS: Final = {"true": True, "1": True, "yes": True, "y": True, "sim": True, "verdadeiro": True} | {
        "false": False, "0": False, "no": False, "n": False, "não": False, "nao": False, "falso": False,
    }  # fmt: skip

    def __init__(self) -> None:
        choices = [(word, word) for word in self.WORDS]
        super().__init__(choices=choices, coerce=self.WORDS.__getitem__, required=False, empty_value=None)

    def to_python(self, value: Any) -> Any:
        return super().to_python(str(value or "").strip().lower())


class Table(Dataset):  # type: ignore[misc]  # untyped library
    """Lines as the library has them, with where each begins in the file."""

    numbers: list[int]


class SeparatedFormat(CSV):  # type: ignore[misc]  # untyped library
    """As all tables are read here: see :func:`apps.common.tables.table_read`."""

    def create_dataset(self, in_stream: bytes, **kwargs: Any) -> Table:
        """Keeps one line too many at most.

        Raises ``InvalidTable``, and ``InvalidDimensions`` for a line of more cells than the first.
        """
        head, *lines = [*islice(table_read(in_stream), 1 + MOST_LINES + 1)] or [Line(1, [])]
        table = Table(headers=head.cells)
        for line in lines:
            table.append(line.cells + [""] * (len(head.cells) - len(line.cells)))
        table.numbers = [line.number for line in lines]
        return table


class InPage(BaseStorage):  # type: ignore[misc]  # untyped library
    """Keeps a file in the page that asks whether to go on: it comes back with the answer, to whichever process."""

    def save(self, data: bytes) -> None:
        self.name = base64.urlsafe_b64encode(data).decode()

    def read(self) -> bytes:
        return base64.urlsafe_b64decode(self.name)

    def remove(self) -> None:
        """Nothing was kept."""


class FileForm(ImportForm):  # type: ignore[misc]  # untyped library
    """The file, of the right size and shape."""

    def __init__(self, formats: Any, resources: Any, **kwargs: Any) -> None:
        super().__init__(formats, resources, **kwargs)
        self.columns: type[LinesResource] = resources[0]
        self.fields["import_file"].label = _("File")

    def clean_import_file(self) -> Any:
        file = self.cleaned_data["import_file"]
        if file.size > MOST_BYTES:
            raise ValidationError(_("The file is larger than %(size)s KiB.") % {"size": MOST_BYTES // 1024})
        self.columns.check(file.read())
        file.seek(0)
        return file


class ConfirmForm(ConfirmImportForm):  # type: ignore[misc]  # untyped library
    """The file again, out of the page; it is looked at as if it came for the first time."""

    format = forms.ChoiceField(choices=[("0", "csv")], widget=forms.HiddenInput)
    resource = forms.ChoiceField(choices=[("0", "")], widget=forms.HiddenInput, required=False)
    columns: type[LinesResource]

    def clean_import_file_name(self) -> str:
        name = str(self.cleaned_data["import_file_name"])
        try:
            data = base64.b64decode(name, altchars=b"-_", validate=True)
        except (binascii.Error, ValueError) as error:
            raise ValidationError(_("Choose the file again.")) from error
        if len(data) > MOST_BYTES:
            raise ValidationError(_("Choose the file again."))
        self.columns.check(data)
        return name


class LinesResource(ListResource):
    """The columns of a list's file, those of ``row_form`` to be imported too, by one call of ``service``."""

    row_form: ClassVar[type[forms.Form]]
    service: ClassVar[Callable[..., Imported]]

    def __init__(self, actor: Any = None, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.actor = actor

    @classmethod
    def required(cls) -> list[str]:
        return [name for name, field in cls.row_form.base_fields.items() if field.required]

    @classmethod
    def optional(cls) -> list[str]:
        return [name for name, field in cls.row_form.base_fields.items() if not field.required]

    @classmethod
    def check(cls, data: bytes) -> None:
        """Raises ``ValidationError`` for what is no table with the columns that it takes."""
        try:
            table = SeparatedFormat().create_dataset(data)
        except InvalidTable as error:
            raise ValidationError(str(error.detail)) from error
        except InvalidDimensions as error:
            raise ValidationError(_("The file is no table: every line needs the cells of the first.")) from error
        headings = [str(name) for name in table.headers or ()]
        if doubled := {name for name in headings if headings.count(name) > 1}:
            raise ValidationError(_("Columns stand there twice: %(names)s.") % {"names": _listed(doubled)})
        if strange := set(headings) - set(cls.fields) - set(cls.row_form.base_fields):
            raise ValidationError(_("Columns that are not known: %(names)s.") % {"names": _listed(strange)})
        if missing := set(cls.required()) - set(headings):
            raise ValidationError(_("Columns are missing: %(names)s.") % {"names": _listed(missing)})
        if not len(table):
            raise ValidationError(_("The file has no lines below its headings."))
        if len(table) > MOST_LINES:
            raise ValidationError(_("The file has more than %(count)d lines.") % {"count": MOST_LINES})

    def import_data(self, dataset: Any, dry_run: bool = False, **kwargs: Any) -> Any:  # the library's signature
        """Every line that is right by itself goes to the service; with one that is not, nothing is written."""
        lines: dict[int, Mapping[str, Any]] = {}
        wrong: dict[int, ValidationError] = {}
        rows = dict(zip(dataset.numbers, dataset.dict, strict=True))
        for number, row in rows.items():
            form = self.row_form(row)
            if form.is_valid():
                lines[number] = _given(form, row)
            else:
                wrong[number] = ValidationError(form.errors.as_data())
        imported = type(self).service(actor=self.actor, lines=lines, dry_run=dry_run or bool(wrong), now=timezone.now())
        return _result(rows, imported.changes, wrong | _refused(lines, imported), list(dataset.headers))


def _listed(names: set[str]) -> str:
    return ", ".join(sorted(names))


def _given(form: forms.Form, row: Mapping[str, str]) -> dict[str, Any]:
    """What stands in the line: columns that are not there change nothing, and neither does an empty switch."""
    return {
        name: value
        for name, value in form.cleaned_data.items()
        if name in row and not (value is None and isinstance(form.fields[name], SwitchField))
    }


def _refused(lines: Lines, imported: Imported) -> dict[int, ValidationError]:
    told: dict[int, dict[str, list[str]]] = {}
    for error in imported.errors:
        told.setdefault(error.line, {}).setdefault(error.field or NON_FIELD_ERRORS, []).append(str(error.message))
    return {number: ValidationError(texts) for number, texts in told.items()}


def _result(
    rows: Mapping[int, Mapping[str, str]],
    changes: Mapping[int, Change],
    wrong: Mapping[int, ValidationError],
    headings: list[str],
) -> Any:
    """As the library tells what became of a file."""
    result = Result()
    result.diff_headers = headings
    for number, row in rows.items():
        line = RowResult()
        if number in wrong:
            line.import_type, line.validation_error = RowResult.IMPORT_TYPE_INVALID, wrong[number]
            result.append_invalid_row(number, row, wrong[number])
        else:
            line.import_type = _TYPES[changes[number]]
            line.row_values, line.diff = {"number": number}, list(row.values())
        result.increment_row_result_total(line)
        result.append_row_result(line)
    return result


class ImportedAdmin(ImportMixin, ExportedAdmin):  # type: ignore[misc]  # untyped library
    """A page whose rows can also come from a file, by whoever may write them; ``export_columns`` are lines there."""

    import_export_change_list_template = "admin/import_export/change_list_import_export.html"
    import_formats = (SeparatedFormat,)
    import_form_class = FileForm
    tmp_storage_class = InPage
    skip_admin_log = True  # the ledger tells
    export_columns: type[LinesResource]

    def get_urls(self) -> list[URLPattern]:
        """Those of the library, its two forms with a file in an order of their own."""
        taking = taking_files(self.admin_site.admin_view, first=self.may_import)
        of = f"{self.opts.app_label}_{self.opts.model_name}"
        own = [
            path("import/", taking(self.import_action), name=f"{of}_import"),
            path("process_import/", taking(self.process_import), name=f"{of}_process_import"),
        ]
        names = {each.name for each in own}
        return [*own, *(each for each in super().get_urls() if each.name not in names)]

    def may_import(self, request: HttpRequest) -> None:
        if not self.has_import_permission(request):
            raise PermissionDenied

    def has_import_permission(self, request: HttpRequest) -> bool:
        return self.has_write_permission(request)

    def get_import_resource_classes(self, request: HttpRequest) -> list[type[LinesResource]]:
        return [self.export_columns]

    def get_import_resource_kwargs(self, request: Any, **kwargs: Any) -> dict[str, Any]:
        return {"actor": request.actor}

    def get_confirm_form_class(self, request: HttpRequest) -> type[forms.Form]:
        return type("Confirm", (ConfirmForm,), {"columns": self.export_columns})

    def get_import_context_data(self, **kwargs: Any) -> dict[str, Any]:
        columns = self.export_columns
        told = {"required": columns.required(), "optional": columns.optional(), "most": MOST_LINES}
        return {**told, "here": _("Import")}

    def import_action(self, request: HttpRequest, **kwargs: Any) -> HttpResponseBase:
        return self._told(request, lambda: super(ImportedAdmin, self).import_action(request, **kwargs))

    def process_import(self, request: HttpRequest, **kwargs: Any) -> HttpResponseBase:
        """The answer to the look at it. Without one, the page for a file."""
        self.may_import(request)
        if request.method != "POST":
            return redirect(self._import_page())
        return self._told(request, lambda: super(ImportedAdmin, self).process_import(request, **kwargs))

    def process_result(self, result: Any, request: HttpRequest) -> HttpResponseBase:
        if not result.has_validation_errors():
            return super().process_result(result, request)  # type: ignore[no-any-return]
        context = {
            **self.admin_site.each_context(request),
            **self.get_import_context_data(),
            "title": _("Import"),
            "opts": self.opts,
            "form": self.import_form_class(self.get_import_formats(), self.get_import_resource_classes(request)),
            "result": result,
        }
        return TemplateResponse(request, self.import_template_name, context)

    def add_success_message(self, result: Any, request: HttpRequest) -> None:
        counts = {name: result.totals[kind] for name, kind in _TYPES.items()}
        text = _("%(created)d added, %(updated)d changed, %(unchanged)d as they were.")
        self.message_user(request, text % counts, messages.SUCCESS)

    def _told(self, request: HttpRequest, call: Callable[[], Any]) -> HttpResponseBase:
        """What a service refuses as a whole is told on the page for a file."""
        try:
            page: HttpResponseBase = call()
        except ApplicationError as error:
            self.explain(request, error)
            return redirect(self._import_page())
        return page

    def _import_page(self) -> str:
        return reverse(f"{self.admin_site.name}:{self.opts.app_label}_{self.opts.model_name}_import")
