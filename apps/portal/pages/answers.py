"""A submitted form, read as the answers it means: what the API would have been sent as JSON.

- A box that is not ticked is a no, wherever the question was shown (``shown-<key>`` says so).
- A file travels inside the answers; one that was kept from an earlier try comes back in ``kept-<key>``.
- A date and time is meant in the zone of the browser, which ``zone`` names.
- Without JavaScript, questions that do not apply are shown all the same: what stands in them untouched is no answer.
"""

from __future__ import annotations

import base64
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, tzinfo
from typing import Any

import orjson
from django.http import QueryDict

from apps.portal.forms.coercion import coerce, is_blank
from apps.portal.forms.conditions import holds
from apps.portal.forms.errors import ValueRefused
from apps.portal.forms.limits import MAX_FILE_BYTES
from apps.portal.forms.schema import Field, FieldType, FormSchema, Value, Values

ANSWER, SHOWN, KEPT = "answer-", "shown-", "kept-"


@dataclass(frozen=True, slots=True)
class Sent:
    """What a browser sent, and the zone its times are meant in."""

    post: QueryDict
    files: Mapping[str, Any]
    zone: tzinfo | None


def read_answers(form: FormSchema, sent: Sent, *, defaults: Mapping[str, Value]) -> dict[str, object]:
    """Return the answers by key; only keys of the form, whatever else was sent."""
    answers: dict[str, object] = {}
    known: Values = {}
    for field in form.fields:
        raw = _read(field, sent)
        if raw is None:
            continue
        if not holds(field.show_if, form.by_key, known) and _untouched(field, raw, defaults):
            continue
        answers[field.key] = raw
        value = _coerced(field, raw)
        if value is not None:
            known[field.key] = value
    return answers


def _read(field: Field, sent: Sent) -> object:
    """What was sent for one field; None where nothing was."""
    name = ANSWER + field.key
    if field.type is FieldType.CHECKBOX:
        return ("true" if name in sent.post else "false") if SHOWN + field.key in sent.post else None
    if field.type is FieldType.MULTISELECT:
        return sent.post.getlist(name) if SHOWN + field.key in sent.post else None
    if field.type is FieldType.FILE:
        return _file(sent.files.get(name)) or _kept(sent.post.get(KEPT + field.key, ""))
    raw = sent.post.get(name)
    return _in_zone(raw, sent.zone) if raw and field.type is FieldType.DATETIME else raw


def _file(upload: Any) -> dict[str, str] | None:
    """The file as the form engine takes it; of one that is too large just enough to be refused."""
    if upload is None or not upload.name:
        return None
    content = upload.read(MAX_FILE_BYTES + 1)
    return {"name": upload.name, "content_base64": base64.b64encode(content).decode("ascii")}


def _kept(text: str) -> object:
    try:
        kept = orjson.loads(text) if text else None
    except orjson.JSONDecodeError:
        return None
    sound = isinstance(kept, dict) and all(isinstance(part, str) for part in kept.values())
    return kept if sound else None


def _in_zone(text: str, zone: tzinfo | None) -> str:
    """A local time with its offset; what is no time is left for the form engine to refuse."""
    try:
        moment = datetime.fromisoformat(text)
        return text if moment.tzinfo or zone is None else moment.replace(tzinfo=zone).isoformat()
    except (ValueError, OverflowError):
        return text


def _untouched(field: Field, raw: object, defaults: Mapping[str, Value]) -> bool:
    default: Any = defaults.get(field.key, field.default)
    if field.type is FieldType.CHECKBOX:
        return raw == ("true" if default is True else "false")
    return is_blank(raw) or _coerced(field, raw) == default


def _coerced(field: Field, raw: object) -> Value | None:
    try:
        return None if is_blank(raw) else coerce(field.type, raw)
    except ValueRefused:
        return None
