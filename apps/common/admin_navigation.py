"""What stands beside and above every page of a back-office: pages by what people do, and where one is among them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from django.http import HttpRequest
from django.urls import reverse
from django.utils.functional import Promise
from django.utils.text import capfirst
from django.utils.translation import gettext_lazy as _


@dataclass(frozen=True, slots=True)
class Section:
    """A group of pages. A page names its ``key``, its place in the group and its icon."""

    key: str
    title: Promise
    folded: bool = False


SECTIONS: Final = (
    Section("runs", _("Runs")),
    Section("robots", _("Robots")),
    Section("portal", _("Portal")),
    Section("people", _("People")),
    Section("organizations", _("Organizations")),
    Section("settings", _("Settings")),
    Section("ledger", _("Ledger")),
    Section("queue", _("Queue and workers")),
    Section("system", _("Behind the scenes"), folded=True),
)
"""In the order they stand in. What a page says nothing of stands behind the scenes."""
_BY_KEY: Final = {section.key: section for section in SECTIONS}


def navigation_of(site: Any, request: HttpRequest) -> list[dict[str, Any]]:
    """The groups as unfold draws them; costs no query, for rights are looked up in the actor."""
    overview = reverse(f"{site.name}:index")
    groups: list[dict[str, Any]] = [
        {"title": None, "items": [_item(_("Overview"), "dashboard", overview, active=request.path == overview)]}
    ]
    pages = sorted(
        (page for page in site._registry.values() if page.has_view_permission(request)), key=lambda page: page.rank
    )
    for section in SECTIONS:
        items = [_item_of(site, page, request) for page in pages if page.section == section.key]
        groups.append({"title": section.title, "collapsible": section.folded, "items": items})
    return [group for group in groups if group["items"]]


@dataclass(frozen=True, slots=True)
class Step:
    """A part of the way to a page; without an address it is no link."""

    title: Any
    address: str = ""


def trail_of(shown: Mapping[str, Any]) -> list[Step]:
    """The way to a page by the context that draws it: section, list, row, and what is done there, its ``here``."""
    page = _page_of(shown)
    if page is None:
        return [Step(capfirst(shown.get("title") or ""))]
    section = _BY_KEY[page.section].title
    beginning = [Step(section)] if str(section) != _title_of(page) else []
    return beginning + _within(page, shown)


def tab_of(shown: Mapping[str, Any]) -> str:
    """What a browser's tab is called: the same way backwards, for tabs show the beginning, and without the section."""
    page = _page_of(shown)
    steps = trail_of(shown) if page is None else _within(page, shown)
    return " · ".join(str(step.title) for step in reversed(steps))


def _page_of(shown: Mapping[str, Any]) -> Any:
    site, opts = shown.get("office"), shown.get("opts")
    return site._registry.get(opts.model) if site is not None and opts is not None else None


def _within(page: Any, shown: Mapping[str, Any]) -> list[Step]:
    site, here = shown["office"], shown.get("here")
    steps = [Step(_title_of(page), _address(site, page, "changelist"))]
    row = shown.get("original") or shown.get("object")
    if row is not None and not page.is_one_row:
        steps.append(Step(page.headed(row), _address(site, page, "change", row.pk)))
    if here or shown.get("add"):
        steps.append(Step(here or _("Add")))
    return steps


def _title_of(page: Any) -> str:
    return str(capfirst(page.title or page.opts.verbose_name_plural))


def _address(site: Any, page: Any, name: str, *ids: Any) -> str:
    return reverse(f"{site.name}:{page.opts.app_label}_{page.opts.model_name}_{name}", args=ids)


def _item_of(site: Any, page: Any, request: HttpRequest) -> dict[str, Any]:
    address = _address(site, page, "changelist")
    return _item(_title_of(page), page.icon, address, active=request.path.startswith(address))


def _item(title: Any, icon: str, address: str, *, active: bool) -> dict[str, Any]:
    return {"title": title, "icon": icon, "link": address, "active": active, "has_permission": True}
