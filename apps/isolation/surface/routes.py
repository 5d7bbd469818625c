"""Addresses: every route of both URL configurations, with what its view declares."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from django.conf import settings
from django.urls import URLResolver, get_resolver

from apps.common.api.declaration import Declaration, declaration_of

_PARAMETER = re.compile(r"<(?:(?P<kind>\w+):)?(?P<name>\w+)>|\(\?P<(?P<group>\w+)>[^)]*\)")
_ANCHORS = re.compile(r"^\^|\\Z|\$$|/\?(?=\\Z|\$|$)")
API = "api/"
ORGANIZATION, PLATFORM, BOTH = "organization", "platform", "both"


@dataclass(frozen=True, slots=True)
class Parameter:
    name: str
    kind: str


@dataclass(frozen=True, slots=True)
class Route:
    """One address: its template, where it is served, and the view behind it."""

    template: str
    site: str
    view: Any

    @property
    def parameters(self) -> list[Parameter]:
        return [
            Parameter(found["name"] or found["group"], found["kind"] or "str")
            for found in _PARAMETER.finditer(self.template)
        ]

    @property
    def is_api(self) -> bool:
        return self.template.startswith(API) and hasattr(self.view, "actions")

    @property
    def model(self) -> Any:
        """The model whose page of the back-office this is, if it is one."""
        owner = getattr(self.view, "model_admin", None)
        return owner.model if owner is not None else None

    @property
    def methods(self) -> Mapping[str, Declaration | None]:
        """Methods by name, in capitals; with what ``@operation`` says, where the view is the API's."""
        if not self.is_api:
            return {"GET": None, "POST": None}
        actions: Mapping[str, str] = self.view.actions
        return {
            method.upper(): declaration_of(getattr(self.view.cls, action, None)) for method, action in actions.items()
        }

    def path(self, values: Mapping[str, str]) -> str:
        """The address with these values in the places of its parameters."""
        filled = _PARAMETER.sub(lambda found: values[found["name"] or found["group"]], self.template)
        return "/" + _ANCHORS.sub("", filled)


@dataclass(frozen=True, slots=True)
class Operation:
    """One method of an address."""

    route: Route
    method: str
    declaration: Declaration | None

    @property
    def key(self) -> str:
        site = "" if self.route.site == BOTH else f" ({self.route.site})"
        return f"{self.method} /{self.route.template}{site}"

    @property
    def is_platforms(self) -> bool:
        """Whether only who runs the platform may do it."""
        return self.declaration is not None and self.declaration.right == "platform.manage"

    @property
    def reads(self) -> bool:
        return self.method in {"GET", "HEAD", "OPTIONS"}


def routes() -> list[Route]:
    """Every route of an organization's hosts and of the shared host; those that are the same on both once."""
    organization = dict(_walked(get_resolver(settings.ROOT_URLCONF)))
    platform = dict(_walked(get_resolver(settings.PLATFORM_URLCONF)))
    found = [
        Route(template, BOTH if platform.get(template) is view else ORGANIZATION, view)
        for template, view in organization.items()
    ]
    found += [
        Route(template, PLATFORM, view) for template, view in platform.items() if organization.get(template) is not view
    ]
    return found


def operations() -> list[Operation]:
    """Every method of every route."""
    return [
        Operation(route, method, declaration) for route in routes() for method, declaration in route.methods.items()
    ]


def _walked(resolver: URLResolver, prefix: str = "") -> Iterator[tuple[str, Any]]:
    for entry in resolver.url_patterns:
        template = prefix + str(entry.pattern)
        if isinstance(entry, URLResolver):
            yield from _walked(entry, template)
        else:
            yield template, entry.callback
