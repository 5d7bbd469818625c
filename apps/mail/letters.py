"""What mails say: apps above register who writes each kind of mail, and get the order it is about."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from django.template.loader import render_to_string
from django.utils import translation
from django.utils.functional import Promise

from apps.tenants.models import Organization


@dataclass(frozen=True, slots=True)
class Order:
    """A mail that was asked for: whose it is, what it is about, and the language of whoever asked."""

    organization: Organization
    data: Mapping[str, Any]
    language: str


@dataclass(frozen=True, slots=True)
class Letter:
    """A mail as it goes out. It may hold a secret link, so it is neither logged nor shown."""

    to: str
    subject: str = field(repr=False)
    text: str = field(repr=False)
    html: str = field(repr=False)


Writer = Callable[[Order, datetime], Letter | None]
_writers: dict[str, Writer] = {}


class UnknownKindError(LookupError):
    """Nobody here writes this kind of mail: an older program took a row of a newer one."""


def writes(kind: str) -> Callable[[Writer], Writer]:
    """Registers who writes a kind of mail, outside any organization: a letter, or None where it is not wanted any more.

    It may be asked for the same mail again, when the first attempt failed or nobody knows what became of it.
    """

    def register(writer: Writer) -> Writer:
        _writers[kind] = writer
        return writer

    return register


def written(kind: str, order: Order, *, now: datetime) -> Letter | None:
    """The letter of an order. Raises ``UnknownKindError``."""
    if kind not in _writers:
        raise UnknownKindError(kind)
    return _writers[kind](order, now)


def letter(
    *, to: str, language: str, template: str, subject: str | Promise, title: str, context: Mapping[str, Any]
) -> Letter:
    """A letter from ``<template>.txt`` and ``<template>.html``, in a language; ``title`` is who writes.

    ``subject`` may be lazily translated, and take ``%(…)s`` from the context.
    """
    with translation.override(language):
        values = {**context, "title": title, "subject": _one_line(str(subject) % context)}
        text = render_to_string(f"{template}.txt", values)
        html = render_to_string(f"{template}.html", values)
    return Letter(to=to, subject=values["subject"], text=text.strip() + "\n", html=html)


def _one_line(text: str) -> str:
    """A header has one line, whatever the names in it hold."""
    return " ".join("".join(part if part.isprintable() else " " for part in text).split())
