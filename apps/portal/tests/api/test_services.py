"""`/api/v1/services` over HTTP."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest
from django.utils import timezone
from rest_framework.test import APIClient

from apps.accounts.models import User
from apps.common.ids import uuid7
from apps.portal.models import Domain, Service
from apps.portal.services.runs import service_run
from apps.portal.tests.conftest import FORM, TEMPLATE, ActorOf, MakeService
from apps.portal.tests.selectors.test_form_fields import LIVE
from apps.robots.models import Robot, RobotVersion
from apps.tenants.context import tenant_context
from apps.tenants.models import Organization

ClientOf = Callable[[User | None], APIClient]
URL = "/api/v1/services"


@pytest.fixture
def body(domain: Domain, robot: Robot) -> dict[str, Any]:
    return {
        "domain_id": str(domain.pk),
        "robot_id": str(robot.pk),
        "title": "Fechamento",
        "form_schema_json": FORM,
        "run_template_json": TEMPLATE,
    }


def test_it_works(owner: User, client_of: ClientOf, body: dict[str, Any], version: RobotVersion) -> None:
    api = client_of(owner)
    made = api.post(URL, body | {"default_version_id": str(version.pk), "expected_minutes": 3})
    assert made.status_code == 201
    stored = made.json()
    assert {name: stored[name] for name in body} == body
    assert (stored["enabled"], stored["revision"], stored["domain_slug"], stored["robot_name"]) == (
        True,
        1,
        "dp-rh",
        "Folha",
    )
    one = f"{URL}/{stored['id']}"
    assert api.get(one).json() == stored
    assert api.get(URL).json()["services"] == [stored]
    changed = api.patch(one, {"enabled": False, "default_version_id": None})
    assert changed.status_code == 200
    assert (changed.json()["enabled"], changed.json()["revision"], changed.json()["default_version_id"]) == (
        False,
        2,
        None,
    )
    assert api.get(f"{URL}?enabled_only=true").json()["services"] == []
    assert api.delete(one).status_code == 204
    assert api.get(one).status_code == 404


def test_filters(owner: User, client_of: ClientOf, service: Service) -> None:
    api = client_of(owner)
    for query, count in [
        ("", 1),
        (f"?domain_id={service.domain_id}", 1),
        (f"?domain_id={uuid7()}", 0),
        ("?search=fecha", 1),
        ("?search=nada", 0),
        ("?enabled_only=true&limit=1", 1),
        ("?page=2", 0),
    ]:
        answer = api.get(URL + query)
        assert (answer.status_code, len(answer.json()["services"])) == (200, count), query
    for query in ("?domain_id=x", "?enabled_only=perhaps", "?limit=101", "?page=0", "?robot=x"):
        assert api.get(URL + query).status_code == 422, query


def test_ordered(owner: User, client_of: ClientOf, service: Service, make_service: MakeService) -> None:
    make_service(title="Admissão")
    make_service(title="Zelo")
    api = client_of(owner)
    api.patch(f"{URL}/{service.pk}", {"icon": "calendar"})
    for query, expected in [
        ("", ["Admissão", "Fechamento", "Zelo"]),
        ("?ordering=-title", ["Zelo", "Fechamento", "Admissão"]),
        ("?ordering=created_at", ["Fechamento", "Admissão", "Zelo"]),
        ("?ordering=-updated_at&limit=1", ["Fechamento"]),
    ]:
        assert [each["title"] for each in api.get(URL + query).json()["services"]] == expected, query
    for query in ("?ordering=robot", "?ordering=-", "?ordering=title,id"):
        assert api.get(URL + query).status_code == 422, query


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"title": "a"}, "title"),
        ({"title": "a" * 201}, "title"),
        ({"form_schema_json": []}, "form_schema_json"),
        ({"form_schema_json": "{}"}, "form_schema_json"),
        ({"run_template_json": None}, "run_template_json"),
        ({"expected_minutes": 0}, "expected_minutes"),
        ({"expected_minutes": 10**9}, "expected_minutes"),
        ({"enabled": "perhaps"}, "enabled"),
        ({"domain_id": "x"}, "domain_id"),
        ({"robot_id": 5}, "robot_id"),
        ({"default_version_id": "latest"}, "default_version_id"),
        ({"revision": 7}, "revision"),
    ],
)
def test_bodies_of_the_wrong_shape(
    changes: dict[str, Any], field: str, owner: User, client_of: ClientOf, body: dict[str, Any], service: Service
) -> None:
    api = client_of(owner)
    for answer in (api.post(URL, body | changes), api.patch(f"{URL}/{service.pk}", changes)):
        assert answer.status_code == 422
        assert list(answer.json()["errors"]) == [field]


@pytest.mark.parametrize(
    ("changes", "status", "code"),
    [
        ({"title": "FECHAMENTO"}, 400, "service_title_taken"),
        ({"title": "Outro", "form_schema_json": {"fields": [{}]}}, 400, "invalid_form_schema"),
        ({"title": "Outro", "run_template_json": {"mapping": {"x": 1}}}, 400, "invalid_run_template"),
        ({"title": "Outro", "default_version_id": str(uuid7())}, 400, "invalid_default_version"),
        ({"title": "Outro", "domain_id": str(uuid7())}, 404, "domain_not_found"),
        ({"title": "Outro", "robot_id": str(uuid7())}, 404, "robot_not_found"),
    ],
)
def test_rules(
    changes: dict[str, Any],
    status: int,
    code: str,
    owner: User,
    client_of: ClientOf,
    body: dict[str, Any],
    service: Service,
) -> None:
    answer = client_of(owner).post(URL, body | changes)
    assert (answer.status_code, answer.json()["error_code"]) == (status, code)
    assert Service.objects.count() == 1


def test_ids_of_another_organization(
    owner: User, client_of: ClientOf, body: dict[str, Any], other_organization: Organization
) -> None:
    with tenant_context(other_organization):
        domain = Domain.objects.create(name="Alheio", slug="alheio")
        robot = Robot.objects.create(name="Alheio")
    api = client_of(owner)
    assert api.post(URL, body | {"domain_id": str(domain.pk)}).status_code == 404
    assert api.post(URL, body | {"robot_id": str(robot.pk)}).status_code == 404


@pytest.mark.parametrize(
    "form",
    [
        {"fields": [{"key": "a", "label": "A", "type": "text", "validation": {"regex": "(" * 400}}]},
        {"fields": [{"key": "a\u2028", "label": "A", "type": "text"}]},
        {"fields": [{"key": "a", "label": "A\u001b[31m", "type": "text"}]},
        {"fields": [{"key": f"k{number}", "label": "A", "type": "text"} for number in range(101)]},
        {"fields": [[[[[[[[]]]]]]]]},
        {"fields": {"key": "a"}},
        {"__proto__": 1},
    ],
)
def test_hostile_forms(form: dict[str, Any], owner: User, client_of: ClientOf, body: dict[str, Any]) -> None:
    answer = client_of(owner).post(URL, body | {"form_schema_json": form, "run_template_json": {}})
    assert (answer.status_code, answer.json()["error_code"]) == (400, "invalid_form_schema")
    assert not Service.objects.exists()


@pytest.mark.parametrize(
    "form",
    [
        {"fields": [{"key": "a\u0000", "label": "A", "type": "text"}]},
        {"fields": [{"key": "a", "label": "A", "type": "select", "options": [{"label": "x", "value": "\u0000"}]}]},
        {"\u0000": 1},
        {"fields": json.loads("[" * 70 + "]" * 70)},
    ],
)
def test_forms_that_stop_at_the_door(
    form: dict[str, Any], owner: User, client_of: ClientOf, body: dict[str, Any]
) -> None:
    answer = client_of(owner).post(URL, body | {"form_schema_json": form})
    assert answer.status_code == 422
    assert not Service.objects.exists()


def test_a_service_with_runs_stays(owner: User, actor: ActorOf, client_of: ClientOf, service: Service) -> None:
    service_run(actor=actor(owner), service=service, parameters={"periodo": "2026-02"}, now=timezone.now())
    answer = client_of(owner).delete(f"{URL}/{service.pk}")
    assert (answer.status_code, answer.json()["error_code"]) == (409, "service_has_runs")


def test_the_form(viewer: User, client_of: ClientOf, make_service: MakeService, version: RobotVersion) -> None:
    service = make_service(form_schema_json=LIVE, run_template_json={}, confirmation_text="Certeza?")
    api = client_of(viewer)
    answer = api.get(f"{URL}/{service.pk}/form")
    assert answer.status_code == 200
    form = answer.json()
    assert (form["service_id"], form["revision"], form["confirmation_text"]) == (str(service.pk), 1, "Certeza?")
    assert [field["key"] for field in form["fields"]] == ["robo", "versao", "nota", "token"]
    assert form["fields"][1]["options"] == []

    answers = json.dumps({"robo": str(service.robot_id)})
    form = api.get(f"{URL}/{service.pk}/form", {"answers": answers}).json()
    assert form["fields"][1]["options"] == [{"label": "1.0.0", "value": str(version.pk)}]


@pytest.mark.parametrize("answers", ["", "x", "[]", "5", "NaN", '{"a":', "[" * 10_000])
def test_answers_that_are_no_object(answers: str, viewer: User, client_of: ClientOf, service: Service) -> None:
    assert client_of(viewer).get(f"{URL}/{service.pk}/form", {"answers": answers}).status_code == 422


def test_the_scorecard(viewer: User, client_of: ClientOf, service: Service) -> None:
    answer = client_of(viewer).get(f"{URL}/{service.pk}/scorecard")
    assert answer.status_code == 200
    assert answer.json() == {
        "runs": 0,
        "completed": 0,
        "failed": 0,
        "cancelled": 0,
        "unfinished": 0,
        "success_rate": None,
        "median_seconds": None,
        "p95_seconds": None,
        "last_failures": [],
    }


ROUTES = [
    ("get", "", "viewer", 200),
    ("post", "", "owner", 201),
    ("get", "/{id}", "viewer", 200),
    ("patch", "/{id}", "owner", 200),
    ("delete", "/{id}", "owner", 204),
    ("get", "/{id}/form", "viewer", 200),
    ("get", "/{id}/scorecard", "viewer", 200),
    ("get", "/{id}/runs", "viewer", 200),
    ("post", "/{id}/run", "teammate", 202),
]


@pytest.mark.parametrize(("method", "path", "who", "status"), ROUTES)
def test_who_may(
    method: str,
    path: str,
    who: str,
    status: int,
    request: pytest.FixtureRequest,
    client_of: ClientOf,
    body: dict[str, Any],
    service: Service,
    stranger: User,
    foreigner: User,
    viewer: User,
) -> None:
    """Anonymous 401, no right 403, unseen 404, a foreigner 404, with the right 2xx."""

    def answer(user: User | None, service_id: object = service.pk) -> int:
        data: dict[str, Any] | None = None
        if method in {"post", "patch"}:
            data = {"parameters": {"periodo": "2026-02"}} if path.endswith("/run") else {"title": "Novo"}
            data = body | {"title": "Novo"} if not path else data
        return int(getattr(client_of(user), method)(URL + path.format(id=service_id), data).status_code)

    assert answer(None) == 401
    assert answer(stranger) == 403
    if who != "viewer":
        assert answer(viewer) == 403
    if path:
        assert answer(request.getfixturevalue(who), uuid7()) == 404
    if path or method == "post":
        assert answer(foreigner) == 404
    assert answer(request.getfixturevalue(who)) == status
