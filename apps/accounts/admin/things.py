"""What rights stand on: objects found by their names on the pages that show them, and grants in people's words.

Accounts lie below the apps whose objects these are, so the site is asked: what somebody may see on the page of a model
can be chosen, and has a name.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from django.contrib.auth.models import Permission

from apps.accounts.models import Grant, TagGrant
from apps.accounts.roles import ORGANIZATION_ACTIONS
from apps.accounts.ticks import TABLE

FOUND = 20
_LONGEST = 200
WORDS = {action: text for _title, words in TABLE for action, text in words.items()}
"""Every action in people's words."""


@dataclass(frozen=True, slots=True)
class Thing:
    """An object that a right may stand on."""

    kind: str
    kind_title: Any
    id: str
    name: str


@dataclass(frozen=True, slots=True)
class Choice:
    """An action that was chosen, and the objects it is about that fit the search; ``more`` says that there are more."""

    action: str
    search: str
    kinds: Sequence[Any]
    things: Sequence[Thing]
    more: bool
    offered: Sequence[tuple[Any, Sequence[tuple[str, Any]]]]

    @property
    def words(self) -> Any:
        return WORDS.get(self.action, self.action)

    @property
    def takes_tags(self) -> bool:
        """Tags are those of robots; services are found by the tags of theirs."""
        return bool(self.action) and self.tag_kind in {kind._meta.model_name for kind in self.kinds}

    @property
    def tag_kind(self) -> str:
        return TagGrant(action=self.action).resource_type


@dataclass(frozen=True, slots=True)
class GrantLine:
    """A grant as a row of a table."""

    grant: Grant
    words: Any
    kind_title: Any
    name: str

    @property
    def group(self) -> Any:
        return getattr(self.grant, "group", None)


def actions_about_things() -> frozenset[str]:
    """The actions that a grant may give: those about objects that there are."""
    known = Permission.objects.exclude(codename__in=ORGANIZATION_ACTIONS).filter(codename__in=WORDS)
    return frozenset(known.values_list("codename", flat=True))


def offered_of(actions: Collection[str]) -> list[tuple[Any, list[tuple[str, Any]]]]:
    """Actions with their words, under what they are about."""
    lines = [(title, [pair for pair in words.items() if pair[0] in actions]) for title, words in TABLE]
    return [(title, pairs) for title, pairs in lines if pairs]


def choice_of(site: Any, request: Any, actions: Collection[str]) -> Choice:
    """What the address asks for, as far as it is on offer."""
    action, search = request.GET.get("action", ""), _word(request.GET.get("q", ""))
    if action not in actions:
        action = ""
    kinds = _kinds_about(action) if action else []
    found = [thing for kind in kinds for thing in _things(site, request, kind, search)]
    return Choice(action, search, kinds, found[:FOUND], len(found) > FOUND, offered_of(actions))


def thing_of(site: Any, request: Any, kind: str, pk: str) -> Thing | None:
    """The object that an address names, if the person may see it."""
    for page in site._registry.values():
        if page.opts.model_name == kind and page.has_view_permission(request):
            row = page.get_object(request, pk)
            return Thing(kind, page.opts.verbose_name, str(row.pk), str(row)) if row is not None else None
    return None


def grant_lines(site: Any, request: Any, grants: Iterable[Grant]) -> list[GrantLine]:
    """Grants with names for what they stand on; what may not be seen, or is gone, has its id. One query a kind."""
    listed = list(grants)
    wanted: dict[str, set[str]] = defaultdict(set)
    for grant in listed:
        if grant.resource_id is not None:
            wanted[grant.resource_type].add(grant.resource_id)
    names: dict[tuple[str, str], str] = {}
    titles: dict[str, Any] = {}
    for page in site._registry.values():
        kind = page.opts.model_name
        if kind in wanted and page.opts.app_label != "tenants":
            titles[kind] = page.opts.verbose_name
            if page.has_view_permission(request):
                rows = page.get_queryset(request).filter(pk__in=wanted[kind])
                names |= {(kind, str(row.pk)): str(row) for row in rows}
    return [_line(grant, names, titles) for grant in listed]


def _line(grant: Grant, names: dict[tuple[str, str], str], titles: dict[str, Any]) -> GrantLine:
    kind = grant.resource_type
    tagged = f"#{grant.scope_tag}" if grant.scope_tag else ""
    name = tagged or names.get((kind, str(grant.resource_id)), f"{str(grant.resource_id)[:8]}…")
    return GrantLine(grant, WORDS.get(grant.action, grant.action), titles.get(kind, kind), name)


def _word(given: str) -> str:
    return "".join(character for character in given if character.isprintable()).strip()[:_LONGEST]


def _kinds_about(action: str) -> list[Any]:
    """The models whose objects an action is about, those first that are found by their own names."""
    about = Permission.objects.filter(codename=action).select_related("content_type").order_by("content_type__model")
    return [model for model in (permission.content_type.model_class() for permission in about) if model is not None]


def _things(site: Any, request: Any, model: Any, search: str) -> list[Thing]:
    page = site._registry.get(model)
    if page is None or not page.has_view_permission(request):
        return []
    rows, _doubled = page.get_search_results(request, page.get_queryset(request), search)
    kind, title = model._meta.model_name, model._meta.verbose_name
    return [Thing(kind, title, str(row.pk), str(row)) for row in rows[: FOUND + 1]]
