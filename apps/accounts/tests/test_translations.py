"""Every text of accounts that people meet exists in Brazilian Portuguese."""

from __future__ import annotations

import inspect

import pytest
from django.utils import translation
from django.utils.translation import gettext_lazy

from apps.accounts import errors
from apps.accounts.passwords import _GUESSED, _RULES
from apps.accounts.roles import NAMES
from apps.common.errors import ApplicationError

ERRORS = [
    kind
    for _name, kind in inspect.getmembers(errors, inspect.isclass)
    if issubclass(kind, ApplicationError) and kind.__module__ == errors.__name__
]
TEXTS = [
    *(kind.message for kind in ERRORS),
    *(text for _holds, text in _RULES),
    _GUESSED,
    *(gettext_lazy(name) for name in NAMES.values()),
]


@pytest.mark.parametrize("text", TEXTS, ids=lambda text: str(text)[:40])
def test_it_works(text: object) -> None:
    with translation.override("en"):
        english = str(text)
    with translation.override("pt-br"):
        assert str(text) != english
