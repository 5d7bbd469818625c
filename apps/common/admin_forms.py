"""Pages whose service judges while the form is checked: refusals stand at their fields, and nothing typed is lost."""

from __future__ import annotations

import json
from typing import Any

from django import forms
from django.core.exceptions import NON_FIELD_ERRORS, ValidationError
from django.db.models import Model
from django.forms.fields import InvalidJSONInput
from django.http import HttpRequest

from apps.common.admin import ServiceAdmin, take_over
from apps.common.errors import ApplicationError


class JudgedAdmin(ServiceAdmin):
    """Calls :meth:`save_through` as the last step of checking a form that is right so far.

    A refusal with ``errors`` is shown at the fields they name (``domain_id`` is the field ``domain``), any other above
    the form. Django has the whole of it in one transaction.
    """

    def get_form(self, request: HttpRequest, obj: Any = None, change: bool = False, **kwargs: Any) -> Any:
        """The page's form, whose last check is the service itself."""
        page, form_class = self, super().get_form(request, obj, change=change, **kwargs)

        class Judged(form_class):  # type: ignore[misc, valid-type]  # a class of this request
            saved: Model

            def _post_clean(self) -> None:
                super()._post_clean()
                if self.errors:
                    return
                try:
                    self.saved = page.save_through(request, self, change=change)
                except ApplicationError as error:
                    refuse(self, error)

        return Judged

    def save_model(self, request: HttpRequest, obj: Any, form: Any, change: bool) -> None:
        take_over(obj, form.saved)


def refuse(form: Any, error: ApplicationError) -> None:
    """Puts a service's refusal where the form has the field that it is about, and the rest above the form."""
    for name, texts in (error.errors or {"": [error.detail]}).items():
        field = next((known for known in (name, name.removesuffix("_id")) if known in form.fields), None)
        form.add_error(field, [ValidationError(str(text)) for text in texts])
    if not form.has_error(NON_FIELD_ERRORS) and not form.errors:
        form.add_error(None, str(error.detail))


class DocumentField(forms.JSONField):
    """JSON as people or scripts send it; nothing means an empty object. What is nested without end, or no text that
    can be stored, is refused like any other nonsense."""

    def to_python(self, value: Any) -> Any:
        try:
            read = super().to_python(value)
            _check(read)
        except (RecursionError, UnicodeEncodeError) as error:
            raise ValidationError(self.error_messages["invalid"], code="invalid", params={"value": "…"}) from error
        return {} if read is None else read

    def bound_data(self, data: Any, initial: Any) -> Any:
        """What stands in the page again: nonsense as it was sent."""
        try:
            read = super().bound_data(data, initial)
            _check(read)
        except (RecursionError, UnicodeEncodeError):
            return InvalidJSONInput(data)
        return read


def _check(read: Any) -> None:
    json.dumps(read, ensure_ascii=False).encode()
