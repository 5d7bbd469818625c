"""What may be done, as a table of ticks in people's words."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any

from django import forms
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

TABLE: tuple[tuple[Promise, dict[str, Promise]], ...] = (
    (
        _("Portal"),
        {"service.read": _("see services"), "service.run": _("run services"), "service.manage": _("set services up")},
    ),
    (
        _("Robots and runs"),
        {
            "robot.read": _("see robots"),
            "robot.run": _("run robots"),
            "robot.publish": _("publish robots and versions"),
            "run.read": _("watch runs"),
            "run.cancel": _("stop runs"),
            "artifact.download": _("download what runs leave"),
        },
    ),
    (
        _("Teams of agents"),
        {"team.read": _("see teams"), "team.run": _("put teams to work"), "team.manage": _("set teams up")},
    ),
    (
        _("Flows and automations"),
        {
            "flow.read": _("see flows"),
            "flow.manage": _("set flows up"),
            "automation.run": _("start automations"),
        },
    ),
    (
        _("Contacts and messages"),
        {
            "contact.read": _("see contacts"),
            "contact.write": _("change contacts"),
            "message.send": _("send messages"),
        },
    ),
    (
        _("Inventory"),
        {
            "inventory.read": _("see the inventory"),
            "inventory.write": _("book in and out"),
            "inventory.manage": _("set the inventory up"),
        },
    ),
    (
        _("Bookings"),
        {
            "booking.read": _("see bookings"),
            "booking.create": _("book"),
            "booking.manage": _("change everybody's bookings"),
            "resource.read": _("see what can be booked"),
            "resource.manage": _("set up what can be booked"),
        },
    ),
    (
        _("Requests and approvals"),
        {
            "workflow.read": _("see requests"),
            "workflow.request": _("ask for something"),
            "workflow.approve": _("approve and refuse"),
            "workflow.manage": _("say what needs approval"),
        },
    ),
    (
        _("Secrets"),
        {
            "secret.list": _("see names of secrets"),
            "secret.manage": _("store and remove secrets"),
            "secret.reveal": _("read secrets"),
        },
    ),
    (
        _("Organization"),
        {
            "admin.manage": _("manage people, roles and keys"),
            "settings.manage": _("change the organization's settings"),
            "webhook.manage": _("set webhooks up"),
            "audit.read": _("read the ledger"),
        },
    ),
    (_("Platform"), {"platform.manage": _("manage organizations")}),
)
"""Every action there is, by what it is about."""


@dataclass(frozen=True, slots=True)
class Line:
    """What may be done with one kind of thing, and whether a role or key may."""

    title: Promise
    ticks: list[tuple[str, Promise, bool]]


def table_of(actions: Iterable[str], *, offered: Iterable[str] | None = None) -> list[Line]:
    """The table with these ticked; ``offered`` narrows it to some actions."""
    held, shown = frozenset(actions), None if offered is None else frozenset(offered)
    return list(_lines(held, shown))


def _lines(held: frozenset[str], shown: frozenset[str] | None) -> Iterator[Line]:
    for title, words in TABLE:
        ticks = [(action, text, action in held) for action, text in words.items() if shown is None or action in shown]
        if ticks:
            yield Line(title, ticks)


class ActionsWidget(forms.CheckboxSelectMultiple):
    """The table, to be ticked."""

    template_name = "accounts/actions.html"

    def get_context(self, name: str, value: Any, attrs: Any) -> dict[str, Any]:
        offered = [action for action, _text in self.choices]
        lines = table_of(value or (), offered=offered)
        return {**super().get_context(name, value, attrs), "lines": lines}
