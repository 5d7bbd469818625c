"""Patterns written by people, run by RE2: linear time whatever the pattern and the text."""

from functools import lru_cache
from typing import Protocol

import re2
from django.utils.translation import gettext as _

from apps.portal.forms.errors import Refused
from apps.portal.forms.limits import MAX_REGEX, REGEX_MEMORY_BYTES
from apps.portal.forms.reading import check_text


class Pattern(Protocol):
    """What we use of a compiled RE2 pattern (the library ships no types)."""

    def fullmatch(self, text: str) -> object | None:
        """Match the whole text."""


def check_pattern(raw: object, *, rule: str) -> str:
    """Return the pattern if RE2 takes it, or refuse it with RE2's own reason."""
    pattern = check_text(raw, rule=rule, longest=MAX_REGEX)
    try:
        _compiled(pattern)
    except re2.error as refusal:
        raise Refused(rule, _("RE2 cannot take it: %(reason)s.") % {"reason": _reason(refusal)}) from refusal
    return pattern


def matches(pattern: str, text: str) -> bool:
    """Say whether the whole text fits the pattern."""
    return _compiled(pattern).fullmatch(text) is not None


@lru_cache(maxsize=512)
def _compiled(pattern: str) -> Pattern:
    options = re2.Options()
    options.log_errors = False
    options.max_mem = REGEX_MEMORY_BYTES
    compiled: Pattern = re2.compile(pattern, options)
    return compiled


def _reason(refusal: Exception) -> str:
    reason = refusal.args[0] if refusal.args else ""
    return reason.decode("utf-8", "replace") if isinstance(reason, bytes) else str(reason)
