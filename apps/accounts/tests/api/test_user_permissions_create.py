"""POST /api/v1/users/{id}/permissions."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from django.apps import apps
from rest_framework.test import APIClient

from apps.accounts.models import TagGrant, User, UserGrant
from apps.common.ids import uuid7
from apps.events.models import Event
from apps.tenants.context import tenant_context
from apps.tenants.models import Organization
from conftest import make_user

Clients = Callable[[User | None], APIClient]
Robot: Any = apps.get_model("robots", "Robot")  # of a higher floor, which is not imported


def url(user: User) -> str:
    return f"/api/v1/users/{user.pk}/permissions"


@pytest.fixture
def robot(organization: Organization) -> Any:
    return Robot.objects.create(name="payroll", tags=["finance"])


@pytest.fixture
def body(robot: Any) -> dict[str, Any]:
    return {"action": "robot.run", "resource_type": "robot", "resource_id": str(robot.pk)}


def code(answer: Any) -> tuple[int, str]:
    return answer.status_code, answer.json()["error_code"]


def test_it_works(client_of: Clients, owner: User, viewer: User, body: dict[str, Any]) -> None:
    answer = client_of(owner).post(url(viewer), body)
    assert answer.status_code == 201, answer.data
    grant = UserGrant.objects.get(user=viewer)
    made = answer.json()
    assert (made["id"], made["scope_tag"], made["created_at"] is not None) == (str(grant.pk), None, True)
    assert {name: made[name] for name in body} == body
    event = Event.objects.get(name="grant.added")
    assert (event.actor_id, event.subject_id, event.data["holder_id"]) == (
        str(owner.pk),
        str(grant.pk),
        str(viewer.pk),
    )


@pytest.mark.parametrize(
    ("action", "kind"),
    [("robot.run", "robot"), ("run.read", "robot"), ("artifact.download", "robot"), ("service.run", "service")],
)
def test_by_tag(client_of: Clients, owner: User, viewer: User, action: str, kind: str) -> None:
    answer = client_of(owner).post(url(viewer), {"action": action, "resource_type": kind, "scope_tag": "finance"})
    assert answer.status_code == 201, answer.data
    told = {name: answer.json()[name] for name in ("action", "resource_type", "resource_id", "scope_tag")}
    assert told == {"action": action, "resource_type": kind, "resource_id": None, "scope_tag": "finance"}
    assert TagGrant.objects.get(user=viewer).action == action


def test_the_same_again_is_409(client_of: Clients, owner: User, viewer: User, body: dict[str, Any]) -> None:
    client = client_of(owner)
    tag = {"action": "robot.run", "resource_type": "robot", "scope_tag": "finance"}
    for given in (body, tag):
        assert client.post(url(viewer), given).status_code == 201
        assert code(client.post(url(viewer), given)) == (409, "grant_exists")
    assert Event.objects.filter(name="grant.added").count() == 2


def test_a_repeated_request_grants_once(client_of: Clients, owner: User, viewer: User, body: dict[str, Any]) -> None:
    answers = [client_of(owner).post(url(viewer), body, HTTP_IDEMPOTENCY_KEY="one") for _ in range(2)]
    assert [answer.status_code for answer in answers] == [201, 201]
    assert answers[0].json() == answers[1].json()


@pytest.mark.parametrize("action", ["robot.fly", "", "Robot.Run", "admin", "x" * 60])
def test_an_unknown_action(client_of: Clients, owner: User, viewer: User, body: dict[str, Any], action: str) -> None:
    answer = client_of(owner).post(url(viewer), body | {"action": action})
    assert code(answer) == ((400, "unknown_action") if action else (422, "invalid_input"))


@pytest.mark.parametrize(
    ("action", "kind"),
    [
        ("service.run", "robot"),
        ("robot.run", "service"),
        ("run.read", "run"),
        ("robot.run", "nothing"),
        ("admin.manage", "user"),
        ("admin.manage", "robot"),
        ("settings.manage", "user"),
        ("platform.manage", "user"),
        ("booking.read", "booking"),
    ],
)
def test_the_wrong_type(
    client_of: Clients, owner: User, viewer: User, body: dict[str, Any], action: str, kind: str
) -> None:
    given = body | {"action": action, "resource_type": kind}
    assert code(client_of(owner).post(url(viewer), given)) == (400, "wrong_resource_type")
    given = {"action": action, "resource_type": kind, "scope_tag": "x"}
    assert code(client_of(owner).post(url(viewer), given)) == (400, "wrong_resource_type")


def test_a_tag_of_what_has_none(client_of: Clients, owner: User, viewer: User) -> None:
    given = {"action": "service.run", "resource_type": "domain", "scope_tag": "x"}
    assert code(client_of(owner).post(url(viewer), given)) == (400, "wrong_resource_type")


@pytest.mark.parametrize(
    "change",
    [
        {"resource_id": None},
        {"resource_id": "x"},
        {"scope_tag": "x"},
        {"resource_id": 1},
        {"unknown": 1},
        {"resource_type": ""},
        {"resource_type": None},
        {"action": 7},
    ],
)
def test_nonsense_is_422(
    client_of: Clients, owner: User, viewer: User, body: dict[str, Any], change: dict[str, Any]
) -> None:
    assert client_of(owner).post(url(viewer), body | change).status_code == 422
    assert not UserGrant.objects.exists()


@pytest.mark.parametrize("missing", ["action", "resource_type", "resource_id"])
def test_missing_fields_are_422(
    client_of: Clients, owner: User, viewer: User, body: dict[str, Any], missing: str
) -> None:
    given = {name: value for name, value in body.items() if name != missing}
    assert missing in client_of(owner).post(url(viewer), given).json()["errors"]


def test_an_unknown_user_is_404(client_of: Clients, owner: User, foreigner: User, body: dict[str, Any]) -> None:
    for user in (User(pk=uuid7()), foreigner):
        assert code(client_of(owner).post(url(user), body)) == (404, "user_not_found")


def test_an_object_that_is_not_here_is_404(
    client_of: Clients, owner: User, viewer: User, body: dict[str, Any], other_organization: Organization
) -> None:
    with tenant_context(other_organization):
        theirs = Robot.objects.create(name="theirs")
    for resource_id in (str(theirs.pk), str(uuid7()), str(viewer.pk)):
        answer = client_of(owner).post(url(viewer), body | {"resource_id": resource_id})
        assert code(answer) == (404, "resource_not_found")


def test_nobody_gives_what_they_may_not_nor_learns_what_there_is(
    client_of: Clients, owner: User, viewer: User, body: dict[str, Any]
) -> None:
    other = Robot.objects.create(name="other")
    second = make_user("second@acme.example", "org_admin")
    assert client_of(owner).post(url(second), body).status_code == 201
    client = client_of(second)
    for resource_id in (str(other.pk), str(uuid7())):
        answer = client.post(url(viewer), body | {"resource_id": resource_id})
        assert code(answer) == (403, "permission_not_held")
    given = {"action": "robot.run", "resource_type": "robot", "scope_tag": "finance"}
    assert code(client.post(url(viewer), given)) == (403, "permission_not_held")
    assert client.post(url(viewer), body).status_code == 201, "what they hold they may give"


def test_a_key_gives_only_what_it_was_made_for(
    client_of: Clients, owner: User, viewer: User, api: APIClient, body: dict[str, Any]
) -> None:
    made = client_of(owner).post("/api/v1/api-keys", {"name": "hr", "permissions": ["admin.manage", "robot.read"]})
    key = {"HTTP_X_API_KEY": made.json()["key"]}
    assert code(api.post(url(viewer), body, **key)) == (403, "permission_not_held")
    assert code(api.post(url(owner), body | {"action": "robot.read"}, **key)) == (403, "permission_not_held")
    permissions = ["admin.manage", *viewer.role.actions]
    made = client_of(owner).post("/api/v1/api-keys", {"name": "all of a viewer", "permissions": permissions})
    key = {"HTTP_X_API_KEY": made.json()["key"]}
    assert api.post(url(viewer), body | {"action": "robot.read"}, **key).status_code == 201
    assert code(api.post(url(owner), body | {"action": "robot.read"}, **key)) == (403, "permission_not_held")


def test_nobody_is_401(client_of: Clients, viewer: User, body: dict[str, Any]) -> None:
    assert client_of(None).post(url(viewer), body).status_code == 401


@pytest.mark.parametrize("who", ["maintainer", "teammate", "viewer", "stranger"])
def test_without_the_right_it_is_403(
    client_of: Clients, viewer: User, body: dict[str, Any], who: str, request: pytest.FixtureRequest
) -> None:
    assert client_of(request.getfixturevalue(who)).post(url(viewer), body).status_code == 403


def test_a_foreigner_is_404(client_of: Clients, viewer: User, foreigner: User, body: dict[str, Any]) -> None:
    assert client_of(foreigner).post(url(viewer), body).status_code == 404
