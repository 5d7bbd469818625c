"""The fields of a form as a template draws them: what stands in each, what may be chosen, what is wrong."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, tzinfo
from typing import Any

import orjson
from django.utils.translation import gettext as _

from apps.portal.forms.limits import MAX_TEXT, MAX_TEXTAREA
from apps.portal.pages.answers import ANSWER

INPUT_TYPES = {
    "text": "text",
    "number": "number",
    "integer": "number",
    "date": "date",
    "datetime": "datetime-local",
    "file": "file",
}
LENGTHS = {"text": MAX_TEXT, "textarea": MAX_TEXTAREA}


@dataclass(frozen=True, slots=True)
class Choice:
    """One option, and whether it is chosen."""

    label: str
    value: str
    chosen: bool


@dataclass(frozen=True, slots=True)
class FieldView:
    """One question. ``attributes`` go onto the input as they are; ``kept`` is a file sent before.

    ``none`` is said where there is nothing to choose from; ``first`` where what the options follow is not answered yet.
    """

    key: str
    label: str
    type: str
    required: bool
    help: str
    placeholder: str
    value: str
    ticked: bool
    choices: list[Choice]
    errors: Sequence[str]
    show_if: str
    depends_on: str
    none: str = ""
    first: str = ""
    moment: str = ""
    kept: str = ""
    kept_name: str = ""
    attributes: Mapping[str, str] = field(default_factory=dict)

    @property
    def name(self) -> str:
        return ANSWER + self.key

    @property
    def input_type(self) -> str:
        return INPUT_TYPES.get(self.type, "text")

    @property
    def described_by(self) -> str:
        parts = ((f"help-{self.key}", self.help), (f"error-{self.key}", self.errors))
        return " ".join(name for name, there in parts if there)


def field_views(
    presented: Sequence[Mapping[str, Any]],
    *,
    answers: Mapping[str, object] | None,
    errors: Mapping[str, Sequence[str]],
    zone: tzinfo,
) -> list[FieldView]:
    """Return what to draw. ``answers`` are those given, or None for a form nobody has filled in yet: its defaults."""
    labels = {each["key"]: each["label"] for each in presented}
    known = {each["key"]: each["default"] for each in presented} if answers is None else answers
    firsts = {each["key"]: _first(each, labels) for each in presented}
    return [
        replace(
            _view(each, answers, errors.get(each["key"], ()), zone),
            none=firsts[each["key"]] if _waits(each, known) else str(_("Nothing to choose from")),
            first=firsts[each["key"]],
        )
        for each in presented
    ]


def _waits(presented: Mapping[str, Any], known: Mapping[str, object]) -> bool:
    return any(known.get(key) in (None, "") for key in presented["dependsOn"] or ())


def _first(presented: Mapping[str, Any], labels: Mapping[str, str]) -> str:
    """What to answer before there is anything to choose from; empty where options follow nothing."""
    names = ", ".join(labels[key] for key in presented["dependsOn"] or ())
    return _("First answer: %(questions)s") % {"questions": names} if names else ""


def _view(
    presented: Mapping[str, Any], answers: Mapping[str, object] | None, errors: Sequence[str], zone: tzinfo
) -> FieldView:
    key, kind = presented["key"], presented["type"]
    value = presented["default"] if answers is None else answers.get(key)
    file = value if kind == "file" and isinstance(value, Mapping) else None
    return FieldView(
        key=key,
        label=presented["label"],
        type=kind,
        required=presented["required"],
        help=presented["helpText"] or "",
        placeholder=presented["placeholder"] or "",
        value=_text(value, kind, zone),
        ticked=value is True or value == "true",
        choices=_choices(presented["options"] or (), value),
        errors=[str(error) for error in errors],
        show_if=_json(presented["showIf"]),
        depends_on=" ".join(presented["dependsOn"] or ()),
        moment=str(value) if kind == "datetime" and isinstance(value, str) else "",
        kept="" if file is None else _json({name: file[name] for name in ("name", "content_base64") if name in file}),
        kept_name="" if file is None else str(file.get("name", "")),
        attributes=_attributes(kind, presented["validation"] or {}, zone),
    )


def _text(value: object, kind: str, zone: tzinfo) -> str:
    """What stands in an input: times as that zone's clock shows them."""
    if value is None or isinstance(value, list | Mapping | bool):
        return ""
    return _local(str(value), zone) if kind == "datetime" else str(value)


def _local(text: str, zone: tzinfo) -> str:
    try:
        moment = datetime.fromisoformat(text)
        local = moment.astimezone(zone) if moment.tzinfo else moment
    except (ValueError, OverflowError):
        return text
    return local.replace(tzinfo=None).isoformat(timespec="minutes" if not local.second else "seconds")


def _choices(options: Sequence[Mapping[str, Any]], value: object) -> list[Choice]:
    chosen = {str(each) for each in value} if isinstance(value, list) else {str(value)}
    return [Choice(str(each["label"]), str(each["value"]), str(each["value"]) in chosen) for each in options]


def _attributes(kind: str, rules: Mapping[str, Any], zone: tzinfo) -> dict[str, str]:
    """The rules a browser knows too. They guide; the server decides."""
    attributes: dict[str, str] = {}
    if kind in LENGTHS:
        attributes["maxlength"] = str(min(rules.get("max", LENGTHS[kind]), LENGTHS[kind]))
    elif kind in INPUT_TYPES:
        bounds = {name: rules[name] for name in ("min", "max") if name in rules}
        attributes = {name: _text(bound, kind, zone) for name, bound in bounds.items()}
    if kind in {"number", "integer"}:
        attributes |= {"step": "any" if kind == "number" else "1", "inputmode": "decimal"}
    return attributes


def _json(content: object) -> str:
    return "" if content is None else orjson.dumps(content).decode()
