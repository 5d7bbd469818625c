"""Pages that show what a form would change before it is saved: old and new, field by field, and what that means.

What was filled in stays in the page that asks, so nothing is kept by anybody meanwhile; it is judged again when the
answer comes, and refused where somebody else has changed the same thing.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import time
from typing import Any, Final

from django.contrib import messages
from django.db.models import Model
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from django.utils.translation import gettext_lazy as _

from apps.common.admin import SingleRowAdmin
from apps.common.admin_display import structure_display
from apps.common.etags import state_tag

CONFIRMED, SEEN = "_confirmed", "_seen"
Effect = Callable[..., Any]
_EFFECTS: Final[dict[tuple[str, str], list[Effect]]] = defaultdict(list)


@dataclass(frozen=True, slots=True)
class ChangeLine:
    """A field that would change, with what it means."""

    title: Any
    old: Any
    new: Any
    meanings: Sequence[Any] = ()


def effect_of(label: str, *fields: str) -> Callable[[Effect], Effect]:
    """Has a function say what a change of these fields of a model means: ``(actor, after)`` → a text, or nothing.

    Apps above say so of what they know.
    """

    def known(effect: Effect) -> Effect:
        for field in fields:
            _EFFECTS[label, field].append(effect)
        return effect

    return known


def effects_of(label: str, field: str, *, actor: Any, after: Any) -> list[Any]:
    """What all that know of it say."""
    told = (effect(actor=actor, after=after) for effect in _EFFECTS[label, field])
    return [text for text in told if text]


class PreviewedAdmin(SingleRowAdmin):
    """Asks before it saves: :meth:`preview` calls the service that looks, :meth:`save_through` the one that writes."""

    preview_template = "admin/preview.html"

    def preview(self, request: HttpRequest, form: Any) -> Any:
        """The row before and after, and the names of the fields that would change."""
        raise TypeError(f"{type(self).__name__} has no preview()")

    def change_lines(self, request: Any, preview: Any) -> list[ChangeLine]:
        """The changes as they are shown."""
        return [self.change_line(request, preview, name) for name in preview.changed]

    def change_line(self, request: Any, preview: Any, name: str) -> ChangeLine:
        old, new = (self.shown_value(getattr(row, name)) for row in (preview.before, preview.after))
        return ChangeLine(self.opts.get_field(name).verbose_name, old, new, self.meanings(request, preview, name))

    def meanings(self, request: Any, preview: Any, name: str) -> list[Any]:
        return effects_of(self.opts.label_lower, name, actor=request.actor, after=preview.after)

    def shown_value(self, value: Any) -> Any:
        return value.strftime("%H:%M") if isinstance(value, time) else structure_display(value)

    def seen(self, request: HttpRequest) -> str | None:
        """The state that the page of the question showed, for the service to compare."""
        return request.POST.get(SEEN) or None

    def save_model(self, request: Any, obj: Any, form: Any, change: bool) -> None:
        if CONFIRMED in request.POST:
            super().save_model(request, obj, form, change)
        else:
            request.preview = self.preview(request, form)

    def response_change(self, request: Any, obj: Model) -> HttpResponse:
        preview = getattr(request, "preview", None)
        if preview is None:
            answer: HttpResponse = super().response_change(request, obj)
            return answer
        if not preview.changed:
            self.message_user(request, _("That is how it is already; nothing was changed."), messages.INFO)
            return redirect(request.get_full_path())
        return self._asked(request, preview)

    def _asked(self, request: Any, preview: Any) -> HttpResponse:
        request.current_app = self.admin_site.name
        shown = {
            **self.admin_site.each_context(request),
            "title": _("What would change"),
            "here": _("What would change"),
            "opts": self.opts,
            "lines": self.change_lines(request, preview),
            "kept": [*_kept(request.POST), (CONFIRMED, "1"), (SEEN, f'"{state_tag(preview.before)}"')],
            "back": request.get_full_path(),
        }
        return TemplateResponse(request, self.preview_template, shown)


def _kept(sent: Mapping[str, Any]) -> list[tuple[str, str]]:
    """What was filled in, to be sent once more."""
    own = {"csrfmiddlewaretoken", SEEN}
    return [(name, value) for name in sent if name not in own for value in sent.getlist(name)]  # type: ignore[attr-defined]
