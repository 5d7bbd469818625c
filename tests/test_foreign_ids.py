"""Every route that takes an id, with the ids of another organization: not found. Its tokens on this host: refused."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.utils import timezone
from rest_framework.test import APIClient

from apps.accounts.models import Session, User
from apps.executions.models import Artifact
from apps.tenants.context import tenant_context
from apps.tenants.models import Organization
from tests.structure import api_actions

ClientOf = Callable[[User | None], APIClient]
_PARAMETER = re.compile(r"<(?:\w+:)?(\w+)>")
ROUTES = sorted({(path, method) for path, method, _viewset, _action in api_actions()})
WITH_IDS = [(path, method) for path, method in ROUTES if _PARAMETER.search(path)]
# The least that each body needs to be well-formed, so that only the id can be what is wrong.
BODIES: dict[str, dict[str, Any]] = {
    "tags": {"tags": []},
    "schedules": {"cron": "0 8 * * *", "timezone": "UTC"},
}


def _id(response: Any) -> str:
    assert response.status_code in {201, 202}, response.content
    return str(response.json()["id"])


@pytest.fixture
def foreign_ids(client_of: ClientOf, foreigner: User, other_organization: Organization) -> dict[str, str]:
    """One object of every kind in the other organization, made through its own API."""
    api = client_of(foreigner)
    robot = _id(api.post("/api/v1/robots", {"name": "Theirs"}, format="json"))
    upload = {"version": "1.0.0", "artifact": SimpleUploadedFile("main.py", b"print('theirs')\n")}
    version = _id(api.post(f"/api/v1/robots/{robot}/versions/publish", upload, format="multipart"))
    run = _id(api.post(f"/api/v1/runs/{robot}/execute", {}, format="json"))
    schedule = _id(api.post(f"/api/v1/robots/{robot}/schedules", BODIES["schedules"], format="json"))
    domain = api.post("/api/v1/domains", {"name": "Theirs", "slug": "theirs"}, format="json")
    service = {
        "domain_id": _id(domain),
        "robot_id": robot,
        "title": "Theirs",
        "form_schema_json": {"fields": []},
        "run_template_json": {},
    }
    key = api.post("/api/v1/api-keys", {"name": "Theirs", "permissions": ["robot.read"]}, format="json")
    with tenant_context(other_organization):
        session = Session.objects.get()
        artifact = Artifact.objects.create(
            execution_id=run, name="report.csv", size=1, sha256="0" * 64, storage_name="x", created_at=timezone.now()
        )
    return {
        "robot_id": robot,
        "version_id": version,
        "old_id": version,
        "new_id": version,
        "run_id": run,
        "artifact_id": str(artifact.pk),
        "schedule_id": schedule,
        "domain_id": _id(domain),
        "slug": "theirs",
        "service_id": _id(api.post("/api/v1/services", service, format="json")),
        "user_id": str(foreigner.pk),
        "key_id": _id(key),
        "session_id": str(session.pk),
    }


def _call(api: APIClient, path: str, method: str, ids: dict[str, str]) -> Any:
    url = "/" + _PARAMETER.sub(lambda found: ids[found.group(1)], path)
    if path.endswith("publish"):
        upload = {"version": "2.0.0", "artifact": SimpleUploadedFile("main.py", b"print('ours')\n")}
        return api.post(url, upload, format="multipart")
    return getattr(api, method)(url, BODIES.get(path.rsplit("/", 1)[-1], {}) if method != "get" else None)


def test_no_route_knows_the_ids_of_another_organization(
    client_of: ClientOf, owner: User, foreign_ids: dict[str, str]
) -> None:
    api = client_of(owner)
    answers = {
        f"{method.upper()} {path}": _call(api, path, method, foreign_ids).status_code for path, method in WITH_IDS
    }
    assert len(answers) > 20
    assert {route: status for route, status in answers.items() if status != 404} == {}


def test_the_same_ids_are_found_by_their_own_organization(
    client_of: ClientOf, foreigner: User, foreign_ids: dict[str, str]
) -> None:
    """Guards the test above: the ids are real."""
    api = client_of(foreigner)
    reads = [path for path, method in WITH_IDS if method == "get" and "download" not in path]
    assert {path: _call(api, path, "get", foreign_ids).status_code for path in reads} == dict.fromkeys(reads, 200)


def _everything() -> Iterator[tuple[str, str]]:
    names = ("register", "login", "refresh", "forgot-password", "reset-password")
    public = {f"api/v1/auth/{name}" for name in names}
    yield from ((path, method) for path, method in ROUTES if path not in public)


def test_a_token_of_another_organization_is_refused_on_this_host(
    client_of: ClientOf, foreigner: User, foreign_ids: dict[str, str], organization: Organization
) -> None:
    api = client_of(foreigner)
    api.defaults["SERVER_NAME"] = f"{organization.slug}.localhost"
    answers = {f"{method.upper()} {path}": _call(api, path, method, foreign_ids) for path, method in _everything()}
    assert {route: answer.status_code for route, answer in answers.items() if answer.status_code != 401} == {}
    assert {answer.json()["error_code"] for answer in answers.values()} == {"wrong_organization"}


def test_nobody_known_gets_401_everywhere(client_of: ClientOf, foreign_ids: dict[str, str]) -> None:
    api = client_of(None)
    answers = {
        f"{method.upper()} {path}": _call(api, path, method, foreign_ids).status_code for path, method in _everything()
    }
    assert {route: status for route, status in answers.items() if status != 401} == {}
