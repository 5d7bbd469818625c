"""What templates of the back-office draw: structures, times and tables."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django import template
from django.template.loader import render_to_string

from apps.common.admin_display import moment_display, structure_display
from apps.common.admin_navigation import Step, tab_of, trail_of

register = template.Library()
register.simple_tag(structure_display, name="structure_of")
register.simple_tag(moment_display, name="moment_of")


@register.simple_tag(takes_context=True)
def office_trail(context: template.Context) -> list[Step]:
    """The way to the page that is drawn."""
    return trail_of({str(name): value for name, value in context.flatten().items()})


@register.simple_tag(takes_context=True)
def office_tab(context: template.Context) -> str:
    """What the browser's tab of the page that is drawn is called."""
    return tab_of({str(name): value for name, value in context.flatten().items()})


@register.simple_block_tag
def office_table(content: str, *heads: Any, more: Sequence[Any] = (), titled_by: str = "", acted: bool = False) -> str:
    """Rows below these heads, in a frame that scrolls sideways and is called what the element ``titled_by`` says.

    A head that is empty is left out, ``more`` are heads in a list, and ``acted`` rows end in buttons.
    """
    shown = [head for head in (*heads, *more) if head]
    context = {"heads": shown, "titled_by": titled_by, "acted": acted, "rows": content}
    return render_to_string("admin/office_table.html", context)
