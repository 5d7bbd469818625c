"""Base of every admin page: what a service owns is read-only, and what is written goes through a service."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from datetime import MAXYEAR, MINYEAR
from functools import partial
from typing import Any

from django.conf import settings
from django.contrib import admin, messages
from django.contrib.admin.utils import get_fields_from_path, unquote
from django.contrib.postgres.fields import ArrayField
from django.core.exceptions import PermissionDenied
from django.db.models import DateTimeField, Field, JSONField, Model, TextField
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils.module_loading import import_string
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from unfold.admin import ModelAdmin
from unfold.widgets import UnfoldAdminTextareaWidget, UnfoldAdminTextInputWidget

from apps.common.admin_display import EMPTY, Named, moment_display, structure_display
from apps.common.admin_sites import organization_site
from apps.common.admin_words import words_said
from apps.common.errors import ApplicationError
from apps.common.models import IdempotencyRecord

HISTORY_PAGE = 50
WAYS_TO_NARROW = frozenset({"exact", "in", "isnull", "gte", "lt", "year", "month", "day"})
OF_ROWS = frozenset({"created_by", "created_at", "updated_at", "id"})


DRAWN: Mapping[type[Field[Any, Any]], Callable[[Any], Any]] = {
    JSONField: structure_display,
    ArrayField: structure_display,
    DateTimeField: moment_display,
}
"""How values of some fields are drawn for people, wherever they are not written: structures never as JSON."""


def drawn_column(field: Field[Any, Any]) -> Callable[[Any], Any] | None:
    """A column for such a field; None for any other."""
    display = next((display for kind, display in DRAWN.items() if isinstance(field, kind)), None)
    if display is None:
        return None

    def column(field: Field[Any, Any], row: Any) -> Any:
        return display(getattr(row, field.attname))

    drawn: Any = partial(column, field)
    drawn.__name__, drawn.short_description, drawn.admin_order_field = field.name, field.verbose_name, field.name
    return drawn  # type: ignore[no-any-return]


def _replaced(names: Any, columns: dict[str, Any]) -> list[Any]:
    """Names of a fieldset, some of them lines of several, with columns in the place of some names."""
    return [
        tuple(_replaced(name, columns)) if isinstance(name, tuple | list) else columns.get(name, name) for name in names
    ]


def take_over(row: Model, saved: Model) -> None:
    """Makes the row that a form was about what its service saved, so that messages call it what it is called now."""
    vars(row).update(vars(saved))


def _filter_name(entry: Any) -> str:
    """The name in addresses of a filter: a column, a column with the class that draws it, or a class of its own."""
    if isinstance(entry, str):
        return entry
    return str(entry[0] if isinstance(entry, tuple) else entry.parameter_name)


def _narrows(lookup: str, name: str, value: str) -> bool:
    """Whether a filter of this name may write this into an address: ``robot__id__exact``, ``created_at__year``."""
    if lookup == name:
        return True
    *key, way = lookup.removeprefix(f"{name}__").split("__")
    if not lookup.startswith(f"{name}__") or key not in ([], ["id"]):
        return False
    return way in WAYS_TO_NARROW and (way != "year" or (value.isdecimal() and MINYEAR <= int(value[:5]) < MAXYEAR))


class ServiceAdmin(ModelAdmin):  # type: ignore[misc]
    """Shows rows to holders of ``read_action``; lets nobody write unless the page says how.

    A page that writes sets ``write_action``, names its ``form_fields`` and overrides :meth:`save_through` with one
    service call. What the service refuses is shown as a message and nothing is saved. ``section``, ``icon`` and
    ``rank`` say where it stands beside every page (:mod:`apps.common.admin_navigation`).
    """

    section: str = "system"
    icon: str = "database"
    rank: int = 50
    title: Any = ""
    """What the page is called beside every page, where that is not the plural of its rows."""
    plural: Any = ""
    """What its rows are called, where Django's own way (an s behind the name) will not do in every language."""
    nothing: Any = ""
    """What an empty list says: what will stand there, and what makes it."""
    elsewhere: tuple[Any, str] | None = None
    """Where an empty list leads who adds no rows there: what it is called, and the name of its address."""
    is_one_row: bool = False
    read_action: str = "admin.manage"
    write_action: str | None = None
    form_fields: tuple[str, ...] = ()
    list_per_page = 50
    empty_value_display = EMPTY
    show_full_result_count = False
    actions_on_top = True
    compressed_fields = True
    formfield_overrides = {
        ArrayField: {"widget": UnfoldAdminTextInputWidget, "help_text": _("Separated by commas.")},
        TextField: {"widget": UnfoldAdminTextareaWidget(attrs={"rows": 4})},
    }

    def _holds(self, request: HttpRequest, action: str | None) -> bool:
        actor = getattr(request, "actor", None)
        return action is not None and actor is not None and actor.holds(action)

    def has_module_permission(self, request: HttpRequest) -> bool:
        return self._holds(request, self.read_action)

    def has_view_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return self._holds(request, self.read_action)

    def has_add_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return bool(self.form_fields) and self._holds(request, self.write_action)

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return bool(self.form_fields) and self._holds(request, self.write_action)

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_write_permission(self, request: HttpRequest) -> bool:
        """For ``@action(permissions=["write"])``."""
        return self._holds(request, self.write_action)

    def __init__(self, model: type[Model], admin_site: Any) -> None:
        super().__init__(model, admin_site)
        words_said(model, self.plural)
        columns = {field.name: drawn_column(field) for field in model._meta.fields}
        self._shown_as = {name: column for name, column in columns.items() if column is not None}

    def _get_obj_does_not_exist_redirect(self, request: HttpRequest, opts: Any, object_id: str) -> HttpResponse:
        """Django's own repeats the id, which tells people nothing, on whatever page they open next."""
        gone = gettext("There is no such %(name)s; perhaps it was deleted.") % {"name": opts.verbose_name}
        self.message_user(request, gone, messages.WARNING)
        return redirect(reverse("admin:index", current_app=self.admin_site.name))

    def get_fields(self, request: HttpRequest, obj: Any = None) -> Any:
        """What is written, then what is known, then what every row has: its id tells people least."""
        if obj is None and self.form_fields:
            return self.form_fields
        names = [field.name for field in self.opts.fields if field.name not in (self.exclude or ())]
        return sorted(names, key=lambda name: (name in OF_ROWS, name not in self.form_fields, name == "id"))

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> Any:
        names = [field.name for field in self.opts.fields if field.name not in self.form_fields]
        return [*names, *self.drawn(names)]

    def drawn(self, names: Iterable[str]) -> list[Callable[[Any], Any]]:
        """The columns in whose shape fields of these names are drawn, where they are."""
        return [self._shown_as[name] for name in names if name in self._shown_as]

    def get_list_display(self, request: HttpRequest) -> Any:
        return _replaced(super().get_list_display(request), self._shown_as)

    def get_fieldsets(self, request: HttpRequest, obj: Any = None) -> Any:
        """As the page says; structures and times that are not written here are drawn for people."""
        writes = self.has_change_permission(request, obj) if obj is not None else self.has_add_permission(request)
        written = self.form_fields if writes else ()
        shown = self.get_readonly_fields(request, obj)
        only_read = obj is not None and not writes
        drawn = {
            name: column
            for name, column in self._shown_as.items()
            if name not in written and (only_read or column in shown)
        }
        return [
            (title, {**options, "fields": _replaced(options["fields"], drawn)})
            for title, options in super().get_fieldsets(request, obj)
        ]

    def _require_view(self, request: HttpRequest) -> None:
        if not self.has_view_permission(request):
            raise PermissionDenied

    def get_object(self, request: HttpRequest, object_id: str, from_field: Any = None) -> Any:
        """Asks for the right first: what a selector refuses would be told on this page again, and again refused."""
        self._require_view(request)
        return super().get_object(request, object_id, from_field)

    def get_list_filter(self, request: HttpRequest) -> Any:
        """A filter by other rows offers those that visible rows point to: it names no others."""
        return [self._of_visible_rows(entry) for entry in super().get_list_filter(request)]

    def _of_visible_rows(self, entry: Any) -> Any:
        if isinstance(entry, str) and get_fields_from_path(self.model, entry)[-1].is_relation:
            return entry, admin.RelatedOnlyFieldListFilter
        return entry

    def lookup_allowed(self, lookup: str, value: str, request: HttpRequest | None = None) -> bool:
        """Addresses narrow a list by its filters alone: by any other column, what is hidden could be guessed at.

        And only in the ways that filters write themselves: a regular expression can keep the database busy for long.
        """
        offered = [_filter_name(entry) for entry in self.list_filter]
        named = [name for name in (*offered, self.date_hierarchy) if name]
        return any(_narrows(lookup, name, value) for name in named) and bool(
            super().lookup_allowed(lookup, value, request)
        )

    def formfield_for_foreignkey(self, db_field: Field[Any, Any], request: HttpRequest, **kwargs: Any) -> Any:
        """A form offers the rows that their own page shows to this person."""
        page = self.admin_site._registry.get(db_field.related_model)
        if page is not None and "queryset" not in kwargs:
            seen = page.has_view_permission(request)
            kwargs["queryset"] = page.get_queryset(request) if seen else page.model._default_manager.none()
        return super().formfield_for_foreignkey(db_field, request, **kwargs)

    def save_model(self, request: HttpRequest, obj: Any, form: Any, change: bool) -> None:
        take_over(obj, self.save_through(request, form, change=change))

    def save_through(self, request: HttpRequest, form: Any, *, change: bool) -> Model:
        """One service call with the form's cleaned data; returns what was saved."""
        raise TypeError(f"{type(self).__name__} declares form_fields and no save_through()")

    def save_related(self, request: HttpRequest, form: Any, formsets: Any, change: bool) -> None:
        """Services own relations too; forms save none."""

    def log_addition(self, request: HttpRequest, obj: Any, message: Any) -> None:
        """The ledger tells who did what; Django's own log would only repeat it."""

    def log_change(self, request: HttpRequest, obj: Any, message: Any) -> None:
        """See :meth:`log_addition`."""

    def history_subjects(self, row: Any) -> dict[str, list[Any]]:
        """Whose history stands on the row's page, by kind: its own, and of what belongs to it."""
        return {self.opts.label_lower: [row.pk]}

    def named(self, row: Any) -> Any:
        """The row as the head of its pages calls it."""
        return row

    def headed(self, row: Any) -> Any:
        """The same, of one that is called so already, too."""
        return row if isinstance(row, Named) else self.named(row)

    def has_history_permission(self, request: HttpRequest) -> bool:
        """The ledger is for those who may read all of it."""
        return self._holds(request, "audit.read")

    def history_view(self, request: Any, object_id: str, extra_context: Any = None) -> HttpResponseBase:
        """What the ledger says, in the place of Django's own log."""
        row = self.get_object(request, unquote(object_id))
        if row is None:
            missing: HttpResponseBase = self._get_obj_does_not_exist_redirect(request, self.opts, object_id)
            return missing
        if not self.has_history_permission(request):
            raise PermissionDenied
        found = import_string(settings.OBJECT_HISTORY)(actor=request.actor, subjects=self.history_subjects(row))
        context = {
            **self.admin_site.each_context(request),
            "title": _("History of %(name)s") % {"name": self.named(row)},
            "here": _("History"),
            "opts": self.opts,
            "original": self.named(row),
            "object": row,
            "own_id": str(row.pk),
            "events": self.get_paginator(request, found, HISTORY_PAGE).get_page(request.GET.get("p")),
            **(extra_context or {}),
        }
        request.current_app = self.admin_site.name
        return TemplateResponse(request, "admin/object_history.html", context)

    def render_change_form(self, request: HttpRequest, context: Any, *args: Any, **kwargs: Any) -> HttpResponse:
        context["show_history"] = self.has_history_permission(request)
        if context.get("original") is not None:
            context["original"] = self.named(context["original"])
        page: HttpResponse = super().render_change_form(request, context, *args, **kwargs)
        return page

    def changeform_view(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        try:
            return super().changeform_view(request, *args, **kwargs)  # type: ignore[no-any-return]
        except ApplicationError as error:
            self.explain(request, error)

            return redirect(request.get_full_path())

    def each(self, request: HttpRequest, rows: Any, call: Any) -> int:
        """Calls ``call(row)`` for each selected row; refusals become messages. Returns how many went through."""
        done = 0
        for row in rows:
            try:
                call(row)
                done += 1
            except ApplicationError as error:
                self.message_user(request, f"{row}: {error}", messages.ERROR)
        return done

    def explain(self, request: HttpRequest, error: ApplicationError) -> None:
        """Shows a refusal, field by field where it has fields."""
        self.message_user(request, str(error), messages.ERROR)
        for field, texts in (error.errors or {}).items():
            for text in texts:
                self.message_user(request, f"{field}: {text}", messages.ERROR)


class SingleRowAdmin(ServiceAdmin):
    """The page of a thing that each organization has one of, whether it is stored yet or not: the form is all of it."""

    is_one_row = True

    def the_row(self, request: HttpRequest) -> Model:
        """The one there is, as a selector gives it."""
        raise TypeError(f"{type(self).__name__} has no the_row()")

    def has_add_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def get_object(self, request: HttpRequest, object_id: str, from_field: Any = None) -> Model:
        """The same one under every id."""
        self._require_view(request)
        return self.the_row(request)

    def changelist_view(self, request: HttpRequest, extra_context: Any = None) -> HttpResponseBase:
        return self.changeform_view(request, "current", extra_context=extra_context)


@admin.register(IdempotencyRecord, site=organization_site)
class IdempotencyRecordAdmin(ServiceAdmin):
    """When an answer was kept and until when; the answer itself is sealed."""

    section, icon, rank = "system", "fingerprint", 90
    nothing = _("Answers to requests with an Idempotency-Key are kept for a while, to be given again.")
    list_display = ("digest", "created_at", "expires_at")
    exclude = ("answer",)
