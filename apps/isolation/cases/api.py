"""The API: every operation, with every credential, about objects of the other organization."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any
from urllib.parse import quote, urlencode

from rest_framework import serializers

from apps.common.api.declaration import Declaration, Right
from apps.common.ids import uuid7
from apps.isolation.cases.case import HttpCase
from apps.isolation.cases.stances import Stance, accepted, bearer, guests, refused, texts
from apps.isolation.doors.wire import Request
from apps.isolation.side import Side
from apps.isolation.staging.stage import Stage
from apps.isolation.surface import values
from apps.isolation.surface.bodies import EMPTY, Body, least, needed, references, written
from apps.isolation.surface.routes import Operation, operations
from apps.isolation.surface.values import NoValue

FAMILY = "api"
FOUND = frozenset({200, 201, 202, 204, 206, 302, 304, 400, 409})
"""How an operation answers that got to its object: done, or refused by a rule about the object's own state."""
NOT_FOUND = frozenset({404})
UNSEEN = frozenset({403, 404})
UNKNOWN = frozenset({401})
FORBIDDEN = frozenset({403})
REFUSED = frozenset({400, 403, 404, 405, 406, 409, 412, 422})
COUNTS_ONLY = frozenset(
    {
        "api/v1/services/<uuid:service_id>/scorecard",
        "api/v1/retention",
        "api/v1/retention/preview",
        "api/v1/users/<uuid:user_id>/permissions/explain",
        "api/v1/auth/second-factor",
    }
)
"""Reads whose answers hold numbers, or names of actions and roles, and no word of anybody."""
OF_OTHERS = frozenset({"api/v1/users/<uuid:user_id>/second-factor"})
"""Operations on people that refuse to be about oneself, whose id one's own ids hold."""
OF_BOTH = frozenset({"api/v1/tenants/<uuid:organization_id>/settings"})
"""Operations that an organization has on itself, and who runs the platform on all: theirs is no case of the latter."""
CREDENTIALS = frozenset({"ticket", "token"})
"""Parameters that say who asks."""
STRANGERS = 8
"""So many rows of other kinds are tried as ids of each route."""


@dataclass(frozen=True, slots=True)
class Subject:
    """One operation of the API, with a body that is right but for what a case makes wrong, and both sides' values."""

    stage: Stage
    operation: Operation
    own: dict[str, str]
    theirs: dict[str, str]

    @property
    def declaration(self) -> Declaration:
        if self.operation.declaration is None:
            raise LookupError(f"{self.operation.key} declares nothing")
        return self.operation.declaration

    @property
    def is_public(self) -> bool:
        return self.declaration.right is Right.PUBLIC

    def body(self, **changes: Any) -> Body:
        """A right body of the attacker's own, but for the changes."""
        return written(self.declaration, least(self.declaration, self.stage.attacker) | changes)

    def request(
        self,
        stance: Stance,
        ids: Mapping[str, str],
        *,
        body: Body | None = None,
        query: Mapping[str, str] | None = None,
    ) -> Request:
        sent = self.body() if body is None else body
        asked = needed(self.declaration, self.stage.attacker) | dict(query or {})
        path = self.operation.route.path(ids) + (f"?{urlencode(asked)}" if asked else "")
        if self.operation.reads:
            sent = EMPTY
        return Request(self.operation.method, stance.host, path, stance.headers, sent.data, sent.content_type)

    def case(self, stance: Stance, what: str, request: Request, expected: Collection[int], **more: Any) -> HttpCase:
        return HttpCase(
            family=FAMILY,
            name=f"{self.operation.key} · {stance.name} · {what}",
            covers=self.operation.key,
            request=request,
            expected=expected,
            forbidden=stance.forbidden,
            **more,
        )


def api_subjects(stage: Stage, gaps: list[str]) -> list[Subject]:
    """Every operation; what no value can be found for is a gap."""
    found = []
    for operation in operations():
        if not operation.route.is_api or operation.declaration is None:
            continue
        try:
            own, theirs = (values.values_of(side, operation.route) for side in (stage.attacker, stage.victim))
            subject = Subject(stage, operation, own, theirs)
            subject.body()
        except NoValue as missing:
            gaps.append(f"{operation.key}: nothing is named {missing}; let a specimen name it")
            continue
        found.append(subject)
    return found


def api_cases(stage: Stage, subjects: Iterable[Subject], *, now: datetime) -> Iterator[HttpCase]:
    """All cases of the API."""
    permitted, strangers = list(accepted(stage)), list(refused(stage, now=now))
    for subject in subjects:
        if subject.is_public:
            continue  # apps.isolation.cases.sign_in knows what each of these is about
        if subject.operation.is_platforms:
            yield from _platforms(subject, permitted, strangers)
            continue
        yield from _proofs(subject)
        for stance in permitted:
            if stance.of_platform and subject.operation.route.template in OF_BOTH:
                continue
            yield from _foreign_ids(subject, stance)
            yield from _filters(subject, stance)
        for stance in strangers:
            request = subject.request(stance, subject.theirs)
            yield subject.case(stance, "their ids", request, UNKNOWN, code=stance.code, facet=stance.facet)
        yield from _hidden(subject)
        yield from _odd_ids(subject)
        yield from _references(subject)
        yield from _headers(subject)
        yield from _other_methods(subject)


def _platforms(subject: Subject, permitted: Iterable[Stance], strangers: Iterable[Stance]) -> Iterator[HttpCase]:
    """What only who runs the platform may do, no organization may, about itself or others; and no text is in it."""
    for stance in permitted:
        for what, ids in (("own ids", subject.own), ("their ids", subject.theirs)):
            request = subject.request(stance, ids)
            if not stance.of_platform:
                facet = stance.facet if ids == subject.theirs else ""
                yield subject.case(stance, what, request, FORBIDDEN, facet=facet)
            elif subject.operation.reads:
                yield subject.case(replace(stance, forbidden=texts(subject.stage)), what, request, {200, 404})
    for stance in strangers:
        request = subject.request(stance, subject.theirs)
        yield subject.case(stance, "their ids", request, UNKNOWN, code=stance.code, facet=stance.facet)


def _owner(stage: Stage) -> Stance:
    return next(accepted(stage))


def _proofs(subject: Subject) -> Iterator[HttpCase]:
    """The test tests itself: with one's own ids an operation is reached, and who belongs there is shown something."""
    stage, operation = subject.stage, subject.operation
    owner = _owner(stage)
    reached = FOUND | FORBIDDEN if operation.route.template in OF_OTHERS else FOUND
    yield subject.case(owner, "own ids", subject.request(owner, subject.own), reached, undone_only=not operation.reads)
    if operation.method == "GET" and operation.route.template not in COUNTS_ONLY:
        victim = stage.victim
        them = Stance(
            name="their own token and host",
            host=victim.host,
            headers=bearer(victim.owner.token),
            forbidden=(stage.attacker.secrets,),
        )
        yield subject.case(them, "their ids", subject.request(them, subject.theirs), FOUND, shows=victim.secrets)


def _foreign_ids(subject: Subject, stance: Stance) -> Iterator[HttpCase]:
    """Ids of the other organization, all of them or one among one's own: as if they were nowhere."""
    route = subject.operation.route
    if not subject.own:
        yield subject.case(stance, "as it is", subject.request(stance, {}), (), undone_only=not subject.operation.reads)
        return
    body, expected = subject.body(), NOT_FOUND if stance.everything else UNSEEN
    for what, ids in (("their ids", subject.theirs), *_mixed(subject)):
        request = subject.request(stance, ids, body=body)
        strange = values.nowhere(route)
        twin = subject.request(
            stance, {name: strange[name] if ids[name] != subject.own[name] else ids[name] for name in ids}, body=body
        )
        facet = stance.facet if ids == subject.theirs else ""
        yield subject.case(stance, what, request, expected, twin=twin, facet=facet)


def _mixed(subject: Subject) -> Iterator[tuple[str, dict[str, str]]]:
    for ids in values.mixtures(subject.own, subject.theirs):
        strange = next(name for name in ids if ids[name] != subject.own[name])
        yield f"their {strange} among own ids", ids


def _filters(subject: Subject, stance: Stance) -> Iterator[HttpCase]:
    """Filters, searches, orders and cursors taken from the other organization, on one's own lists."""
    if subject.declaration.query is None or not subject.operation.reads:
        return
    for query in queries(subject.declaration, subject.stage.victim):
        request = subject.request(stance, subject.own, query=query)
        what = "&".join(f"{name}={value}" for name, value in query.items())
        wrong = UNKNOWN if query.keys() & CREDENTIALS else frozenset()
        yield subject.case(stance, f"own ids?{what}", request, {200, 204, 304, *REFUSED, *wrong})


def queries(declaration: Declaration, side: Side) -> Iterator[dict[str, str]]:
    """Every parameter by itself, with values of one organization."""
    if declaration.query is None:
        return
    for name, field in declaration.query().fields.items():
        for value in _filter_values(name, field, side):
            yield {name: value}


def _filter_values(name: str, field: Any, side: Side) -> Iterator[str]:
    if isinstance(field, serializers.ChoiceField):
        yield from (str(choice) for choice in field.choices)
    elif isinstance(field, serializers.BooleanField):
        yield from ("true", "false")
    elif isinstance(field, serializers.IntegerField):
        yield from ("1", "100")
    elif isinstance(field, serializers.DateTimeField):
        yield from ("2000-01-01T00:00:00Z", "2100-01-01T00:00:00Z")
    elif name in side.named:
        yield side.named[name]
    else:
        yield side.half_word
        yield side.named["user_id"]


def _hidden(subject: Subject) -> Iterator[HttpCase]:
    """What the guest of one's own organization may not see, by its ids."""
    hidden = values.hidden_values_of(subject.stage.attacker, subject.operation.route)
    if hidden is None:
        return
    for stance in guests(subject.stage):
        body = subject.body()
        twin = subject.request(stance, values.nowhere(subject.operation.route), body=body)
        yield subject.case(stance, "hidden ids", subject.request(stance, hidden, body=body), UNSEEN, twin=twin)
        for ids in values.mixtures(subject.own, hidden):
            request = subject.request(stance, ids, body=body)
            yield subject.case(stance, "a hidden id among own ids", request, UNSEEN)


def _odd_ids(subject: Subject) -> Iterator[HttpCase]:
    """Ids of theirs spelled otherwise, and ids of other kinds of rows of theirs."""
    stage, route = subject.stage, subject.operation.route
    owner = _owner(stage)
    identifiers = [parameter.name for parameter in route.parameters if parameter.kind == "uuid"]
    for name in identifiers[-1:]:
        theirs = subject.theirs[name]
        for what, spelled in (
            ("in capitals", theirs.upper()),
            ("without hyphens", theirs.replace("-", "")),
            ("in braces", quote(f"{{{theirs}}}")),
            ("with a slash more", f"{theirs}/"),
            ("one folder up", f"../{stage.victim.schema}/{theirs}"),
        ):
            request = subject.request(owner, {**subject.own, name: spelled})
            yield subject.case(owner, f"their {name} {what}", request, {404, 405})
        for model, pk in _strange_rows(stage.victim):
            request = subject.request(owner, {**subject.own, name: pk})
            yield subject.case(owner, f"their {model} as {name}", request, NOT_FOUND)


def _strange_rows(side: Side) -> Iterator[tuple[str, str]]:
    """The last rows of kinds whose ids are UUIDs, one each."""
    rows = ((model._meta.model_name or "", pks[-1]) for model, pks in side.rows.items() if pks)
    yield from [(name, pk) for name, pk in rows if len(pk) == len(str(uuid7()))][:STRANGERS]


def _references(subject: Subject) -> Iterator[HttpCase]:
    """Ids of theirs in the body of an otherwise right request."""
    stage = subject.stage
    owner = _owner(stage)
    for name, theirs in references(subject.declaration, stage.victim).items():
        requests = [
            subject.request(owner, subject.own, body=subject.body(**{name: value})) for value in (theirs, str(uuid7()))
        ]
        yield subject.case(owner, f"their {name} in the body", requests[0], {400, 404, 409, 422}, twin=requests[1])


def _headers(subject: Subject) -> Iterator[HttpCase]:
    """Headers that speak of the other organization: hosts that proxies tell of, tags, keys and traces of theirs."""
    stage, operation, victim = subject.stage, subject.operation, subject.stage.victim
    owner = _owner(stage)
    plain = subject.request(owner, subject.own)
    undone = not operation.reads
    for name, value in (
        ("X-Forwarded-Host", victim.host),
        ("Forwarded", f"host={victim.host}"),
        ("X-Original-URL", f"https://{victim.host}/admin/"),
        ("Origin", f"https://{victim.host}"),
        ("X-Request-ID", victim.named["robot_id"]),
        ("Range", "bytes=0-"),
    ):
        request = plain.with_headers((name, value))
        yield subject.case(owner, f"own ids, {name} of theirs", request, FOUND | {403, 412, 416}, undone_only=undone)
    tag = victim.past.tags.get(operation.route.template)
    if tag is not None and operation.reads:
        request = plain.with_headers(("If-None-Match", tag))
        yield subject.case(owner, "own ids, If-None-Match of theirs", request, {200})
    if tag is not None and subject.declaration.conditional:
        request = plain.with_headers(("If-Match", tag))
        yield subject.case(owner, "own ids, If-Match of theirs", request, {412}, undone_only=True)
    used = victim.past.used.get(operation.route.template)
    if used is not None and subject.declaration.idempotent:
        request = plain.but(body=used.body, content_type=used.content_type).with_headers(("Idempotency-Key", used.key))
        replay = "Idempotency-Replayed"
        yield subject.case(owner, "own ids, Idempotency-Key of theirs", request, (), unmarked=replay, undone_only=True)


def _other_methods(subject: Subject) -> Iterator[HttpCase]:
    """Methods that the route does not offer, or that only look, with ids of theirs."""
    owner = _owner(subject.stage)
    for method in ("HEAD", "OPTIONS", "TRACE", "PUT", "DELETE", "PROPFIND"):
        if method not in subject.operation.route.methods:
            request = subject.request(owner, subject.theirs, body=EMPTY).but(method=method)
            yield subject.case(owner, f"their ids by {method}", request, {200, 204, 404, 405})
