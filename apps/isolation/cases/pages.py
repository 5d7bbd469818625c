"""Pages: both back-offices, the documents and whatever else is no API, with session cookies and without."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Mapping
from typing import Any
from urllib.parse import urlencode

from apps.common.admin import SingleRowAdmin
from apps.isolation.cases.case import HttpCase
from apps.isolation.cases.stances import Stance, bearer, cookie, shared_host, texts
from apps.isolation.doors.wire import Headers, Request
from apps.isolation.staging.stage import Stage
from apps.isolation.surface import values
from apps.isolation.surface.routes import ORGANIZATION, PLATFORM, Operation, Route, operations
from apps.isolation.surface.values import NoValue

FAMILY = "pages"
ANYTHING: Collection[int] = ()
NO_OBJECT = frozenset({302, 403, 404, 405})
"""How a page about an object is answered that is not there: the back-office goes to its front page and says so."""
FORM = "application/x-www-form-urlencoded"
OPERATORS = frozenset({"metrics"})
"""What whoever runs the machine may read: it names queues of all organizations."""
SHOWING = re.compile(r"admin/.+/change/$|portal/(?!.+/(cancel|retry|end|revoke)/$)(?!<path)")
"""Pages about an object that show it; others lead elsewhere, take forms alone or ask for rights that nobody has."""
SENT: Mapping[str, Mapping[str, str]] = {"export": {"format": "0", "resource": "0"}}
"""What forms of these pages need, or they would only be shown again: a file of the list, as CSV."""
ROWS = 3
SEARCHED = 5
"""So many columns of each list are searched by address."""


def page_cases(stage: Stage, gaps: list[str]) -> Iterator[HttpCase]:
    """All cases of routes that are no operations of the API."""
    for operation in operations():
        if operation.declaration is not None:
            continue
        try:
            own, theirs = (values.values_of(side, operation.route) for side in (stage.attacker, stage.victim))
        except NoValue as missing:
            gaps.append(f"{operation.key}: nothing is named {missing}; let a specimen name it")
            continue
        yield from _proof(stage, operation, theirs)
        for stance in _inside(stage, operation.route):
            yield from _visits(operation, stance, own, theirs)
            if operation.route.model is not None:
                yield from _model_pages(stage, operation, stance)
        for stance in _outside(stage, operation.route):
            yield from _visits(operation, stance, own, theirs)


def _inside(stage: Stage, route: Route) -> Iterator[Stance]:
    """Who is signed in to the site that serves the page."""
    own = stage.attacker
    victims = texts(stage) if route.template in OPERATORS else (stage.victim.secrets,)
    if route.site != PLATFORM:
        for name, known, forbidden in (
            ("owner", own.owner, victims),
            ("viewer", own.viewer, victims),
            ("guest", own.guest, (*victims, own.hidden)),
        ):
            yield Stance(
                name=f"{name}, own host",
                host=own.host,
                headers=cookie(known.cookie),
                forbidden=forbidden,
                everything=name == "owner",
            )
    if route.site != ORGANIZATION and stage.platform_admin is not None:
        yield Stance(
            name="platform's administrator, shared host",
            host=shared_host(),
            headers=cookie(stage.platform_admin.cookie),
            forbidden=texts(stage),
            of_platform=True,
        )


def _proof(stage: Stage, operation: Operation, theirs: Mapping[str, str]) -> Iterator[HttpCase]:
    """The test tests itself: where its own people see something, that others see nothing means something."""
    route, victim = operation.route, stage.victim
    objects = any(values.is_object(parameter) for parameter in route.parameters)
    if operation.method == "GET" and route.site == ORGANIZATION and objects and SHOWING.match(route.template):
        them = Stance(
            name="their own cookie and host",
            host=victim.host,
            headers=cookie(victim.owner.cookie),
            forbidden=(stage.attacker.secrets,),
        )
        request = _request(operation, them, route.path(theirs))
        yield _case(operation, them, "their ids", request, {200}, shows=victim.secrets)


def _outside(stage: Stage, route: Route) -> Iterator[Stance]:
    """Who is not, with whatever credentials."""
    own, their, shared = stage.attacker, stage.victim, shared_host()
    tries: list[tuple[str, str, Headers]] = []
    if route.site != PLATFORM:
        tries += [
            ("their cookie, own host", own.host, cookie(their.owner.cookie)),
            ("token, their host", their.host, bearer(own.owner.token)),
            ("cookie, their host", their.host, cookie(own.owner.cookie)),
            ("nobody, their host", their.host, ()),
        ]
        if stage.platform_admin is not None:
            tries.append(("platform's cookie, their host", their.host, cookie(stage.platform_admin.cookie)))
    if route.site != ORGANIZATION:
        tries += [("owner, shared host", shared, cookie(own.owner.cookie)), ("nobody, shared host", shared, ())]
    for name, host, headers in tries:
        operators = route.template in OPERATORS
        forbidden = texts(stage) if operators else (own.secrets, their.secrets)
        yield Stance(name=name, host=host, headers=headers, forbidden=forbidden)


def _request(operation: Operation, stance: Stance, path: str, data: Mapping[str, Any] | None = None) -> Request:
    if operation.method != "POST":
        return Request(operation.method, stance.host, path, stance.headers)
    token = dict(stance.headers).get("X-CSRFToken", "")
    body = urlencode({"csrfmiddlewaretoken": token, **(data or {})}, doseq=True).encode()
    return Request("POST", stance.host, path, stance.headers, body, FORM)


def _case(
    operation: Operation, stance: Stance, what: str, request: Request, expected: Collection[int], **more: Any
) -> HttpCase:
    """Whatever a form does to one's own things must not outlive a case: a page may sign out, change a password."""
    return HttpCase(
        family=FAMILY,
        name=f"{operation.key} · {stance.name} · {what}",
        covers=operation.key,
        request=request,
        expected=expected,
        forbidden=stance.forbidden,
        undone_only=operation.method != "GET" or "logout" in operation.route.template,
        **more,
    )


def _visits(
    operation: Operation, stance: Stance, own: Mapping[str, str], theirs: Mapping[str, str]
) -> Iterator[HttpCase]:
    route = operation.route
    objects = [parameter.name for parameter in route.parameters if values.is_object(parameter)]
    yield _case(
        operation,
        stance,
        "their ids" if objects else "as it is",
        _request(operation, stance, route.path(theirs), SENT.get(_last(route))),
        NO_OBJECT if objects and not (stance.of_platform or _one_row(route)) else ANYTHING,
        may_write=stance.of_platform and "/supportgrant/" in route.template,  # ending one stands in both ledgers
    )
    if objects and stance.everything:
        yield _case(operation, stance, "own ids", _request(operation, stance, route.path(own)), ANYTHING)
    if objects and operation.method == "GET":
        request = _request(operation, stance, route.path({**theirs, objects[-1]: f"{theirs[objects[-1]]}/"}))
        yield _case(operation, stance, "their ids, a slash more", request, ANYTHING)


def _last(route: Route) -> str:
    return route.template.strip("/").rsplit("/", 1)[-1]


def _one_row(route: Route) -> bool:
    """Whether the page shows the one row there is, whatever id is asked for."""
    return isinstance(getattr(route.view, "model_admin", None), SingleRowAdmin)


def _model_pages(stage: Stage, operation: Operation, stance: Stance) -> Iterator[HttpCase]:
    """Lists that are searched, filtered and ordered; actions on rows of theirs; forms that point to rows of theirs."""
    route, victim = operation.route, stage.victim
    name = _last(route)
    rows = victim.rows.get(route.model, [])[:ROWS]
    if name == route.model._meta.model_name:
        if operation.method == "GET":
            for query in _list_queries(stage, route):
                path = f"{route.path({})}?{urlencode(query)}"
                yield _case(operation, stance, f"?{urlencode(query)}", _request(operation, stance, path), ANYTHING)
        else:
            for action in ("delete_selected", *(route.view.model_admin.actions or ())):
                data = {"action": action, "_selected_action": rows, "post": "yes", "select_across": "0"}
                request = _request(operation, stance, route.path({}), data)
                yield _case(operation, stance, f"{action} on their rows", request, ANYTHING)
    elif name == "add" and operation.method == "POST":
        fields = {field.name: victim.id_of(field.related_model) for field in _relations(route)}
        data = {"name": "New", "slug": "new", **{field: pk for field, pk in fields.items() if pk is not None}}
        yield _case(
            operation, stance, "their rows in the form", _request(operation, stance, route.path({}), data), ANYTHING
        )


def _relations(route: Route) -> list[Any]:
    return [field for field in route.model._meta.concrete_fields if field.is_relation]


def _list_queries(stage: Stage, route: Route) -> Iterator[dict[str, str]]:
    victim, model = stage.victim, route.model
    yield {"q": victim.half_word}
    yield {"q": victim.id_of(model) or victim.named["user_id"]}
    yield {"o": "-1", "p": "0", "all": ""}
    yield {"_popup": "1", "_to_field": "id"}
    pk = victim.id_of(model)
    if pk is not None:
        yield {"id__exact": pk}
        yield {"pk__in": pk}
    for field in _relations(route):
        related = victim.id_of(field.related_model)
        if related is not None:
            yield {f"{field.name}__id__exact": related}
    for field in model._meta.concrete_fields[:SEARCHED]:
        yield {f"{field.name}__startswith": victim.half_word}
