"""Runs in templates, of the portal and of the back-office alike: states in words, and the viewer of live logs."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any, Final

from django import template
from django.utils import timezone
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from apps.common.admin_display import Kind, badge
from apps.common.times import duration_text
from apps.executions.selectors import QueuePosition
from apps.executions.services.restored import UNFINISHED
from apps.robots.models import Run
from apps.robots.selectors.runs import status_word as word_of

register = template.Library()
STATES: Final = {
    "PENDING": gettext_lazy("Waiting"),
    "RUNNING": gettext_lazy("Running"),
    "SUCCESS": gettext_lazy("Succeeded"),
    "FAILED": gettext_lazy("Failed"),
    "CANCELED": gettext_lazy("Cancelled"),
    "LOST": gettext_lazy("Lost"),
}
"""The contract's words, for people."""
KINDS: Final[Mapping[str, Kind]] = {
    "PENDING": "still",
    "RUNNING": "busy",
    "SUCCESS": "good",
    "FAILED": "bad",
    "CANCELED": "still",
    "LOST": "care",
}


PROBLEMS: Final = {
    "Process returned exit code ": gettext_lazy("It ended with exit code %(number)s."),
    "last seen at line ": gettext_lazy("Its worker was lost; last seen at line %(number)s."),
    "TIMEOUT": gettext_lazy("It took longer than it may."),
    "Internal error": gettext_lazy("Something went wrong on our side."),
    UNFINISHED: gettext_lazy(UNFINISHED),
}
"""What we say of ends, up to a number, for people; on the wire it never changes."""


@register.filter
def problem_text(message: str) -> str:
    """What went wrong, in the reader's language where we say it; what sandboxes and robots say stays as it is."""
    for start, text in PROBLEMS.items():
        number = message.removeprefix(start)
        if message.startswith(start) and (number.isdecimal() or not number):
            return str(text) % {"number": number}
    return message


@register.filter
def status_word(run: Run) -> str:
    """``SUCCESS``, as on the wire."""
    return word_of(run.execution.status)


@register.filter
def status_text(run: Run) -> str:
    """``Succeeded``, as people say it."""
    return str(STATES[word_of(run.execution.status)])


@register.simple_tag
def run_badge(run: Run) -> SafeString:
    """The state as the back-office draws states."""
    word = word_of(run.execution.status)
    return badge(STATES[word], KINDS[word])


@register.filter
def run_seconds(run: Run) -> float | None:
    """How long it took, or has taken so far; None before it started."""
    started: datetime | None = run.execution.started_at
    if started is None:
        return None
    return ((run.execution.finished_at or timezone.now()) - started).total_seconds()


@register.filter
def progress_text(run: Run) -> str:
    """``3 / 10``, or ``3`` where nobody knows of how many."""
    done, total = run.execution.progress_done, run.execution.progress_total
    if done is None:
        return ""
    return str(done) if total is None else f"{done} / {total}"


@register.filter
def answer_text(value: Any) -> str:
    """A parameter as people write it."""
    if isinstance(value, bool):
        return _("yes") if value else _("no")
    if isinstance(value, list):
        return ", ".join(answer_text(each) for each in value)
    return "—" if value is None else str(value)


@register.simple_tag
def queue_text(queue: QueuePosition | None) -> str:
    """Where a waiting run stands."""
    texts = _queue_texts()
    place = texts["next"] if queue is None or queue.position <= 1 else texts["place"] % {"position": queue.position}
    if queue is None or queue.eta_seconds is None:
        return place
    return f"{place} {texts['eta'] % {'time': duration_text(queue.eta_seconds)}}"


@register.simple_tag
def run_attributes(run: Run) -> SafeString:
    """What ``run.js`` needs to know, as attributes of the element around a run's page."""
    execution = run.execution
    return format_html(
        'data-run="{}" data-state="{}" data-detail="/api/v1/runs/{}" data-started="{}" data-finished="{}"',
        run.pk,
        word_of(execution.status),
        run.pk,
        execution.started_at.isoformat() if execution.started_at else "",
        execution.finished_at.isoformat() if execution.finished_at else "",
    )


@register.inclusion_tag("robots/log_viewer.html")
def log_viewer(run: Run) -> dict[str, Any]:
    """The log of a run, as it comes. The page also loads ``robots/log.css`` and ``robots/log/viewer.js``."""
    problems = {start: str(text) for start, text in PROBLEMS.items()}
    texts = {**_viewer_texts(), **_counted_texts(), "states": _state_texts(), "queue": _queue_texts()}
    return {"run": run, "texts": {**texts, "problems": problems}}


def _state_texts() -> Mapping[str, str]:
    return {word: str(text) for word, text in STATES.items()}


def _queue_texts() -> Mapping[str, str]:
    return {
        "next": _("Waiting: next in line."),
        "place": _("Waiting: place %(position)s in line."),
        "eta": _("About %(time)s to go."),
    }


def _counted_texts() -> Mapping[str, Mapping[str, str]]:
    """By the names that browsers have for the forms of a number; beyond one and many our languages need none."""
    forms = {"one": 1, "other": 2}
    return {
        "lines": {form: ngettext("%(count)s line", "%(count)s lines", number) for form, number in forms.items()},
        "new_lines": {
            form: ngettext("%(count)s new line", "%(count)s new lines", number) for form, number in forms.items()
        },
    }


def _viewer_texts() -> Mapping[str, str]:
    return {
        "connecting": _("Connecting…"),
        "live": _("Live"),
        "reading": _("Reading…"),
        "stream": _("Live (stream)"),
        "waiting": _("Connection lost. Trying again in %(seconds)s s."),
        "offline": _("No network. Goes on by itself."),
        "over": _("Complete"),
        "signed_out": _("You are signed out. Load the page again to sign in."),
        "forbidden": _("You may not read this log any more."),
        "gone": _("This run is gone."),
        "resumed": _("Connected again; no line is missing."),
        "matches": _("%(current)s of %(count)s"),
        "no_matches": _("Not found"),
        "gap": _("Lines %(from)s to %(to)s were not kept: %(reason)s"),
        "fold": _("Fold or unfold: %(title)s"),
        "line": _("Line %(number)s"),
        "error": _("error"),
        "warning": _("warning"),
        "no_line": _("There is no line %(number)s."),
        "copy": _("Copy the marked lines, or all"),
        "copied": _("Copied"),
        "uncopied": _("The browser does not let it be copied"),
        "waiting_for_lines": _("Waiting for the first line…"),
        "no_lines": _("This run wrote nothing."),
        "nothing_fits": _("No line fits the filter."),
        "ended": _("The run has ended: %(state)s."),
        "started": _("The run has started."),
    }
