from __future__ import annotations

import uuid
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from apps.accounts.models import User
from apps.accounts.services.grants import tag_grant_add
from apps.executions.models import Execution, Status
from apps.robots.models import Robot, RobotVersion, Run
from apps.robots.payloads import ServiceReference
from apps.robots.services.runs import run_start
from apps.robots.tests.api.guarded import Clients
from apps.robots.tests.factories import artifact_made, robot_made, run_ended, run_made, version_made
from apps.tenants.models import Organization
from apps.tenants.postgresql.base import ASKED_BEFORE

URL = "/api/v1/runs"
SERVICE = uuid.uuid4()


@pytest.fixture
def runs(organization: Organization, robot: Robot, version: RobotVersion, teammate: User, actor: Any) -> list[Run]:
    """Five runs, oldest first."""
    schema = organization.schema_name
    other = robot_made(schema, "Other")
    version_made(schema, other)
    return [
        run_made(schema, robot),
        run_ended(run_made(schema, robot), Status.FAILED),
        run_ended(run_made(schema, other)),
        run_start(actor=actor(teammate), robot=robot, now=timezone.now() - timedelta(days=2)),
        run_made(schema, robot, service=ServiceReference(SERVICE, "Folha", 1), trigger_type="SERVICE"),
    ]


def positions(answer: Any, runs: list[Run]) -> list[int]:
    assert answer.status_code == 200, answer.json()
    order = [str(run.pk) for run in runs]
    return [order.index(run["id"]) for run in answer.json()["runs"]]


def test_it_works(client_of: Clients, viewer: User, runs: list[Run]) -> None:
    answer = client_of(viewer).get(URL)
    assert positions(answer, runs) == [4, 3, 2, 1, 0]
    assert answer.json()["pagination"]["total"] == 5
    assert answer.json()["runs"][0]["service"] == {"id": str(SERVICE), "title": "Folha"}


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ({"status": "PENDING"}, [4, 3, 0]),
        ({"status": "SUCCESS"}, [2]),
        ({"status": "FAILED"}, [1]),
        ({"status": "CANCELED"}, []),
        ({"service_id": str(SERVICE)}, [4]),
        ({"trigger_type": "SERVICE"}, [4]),
        ({"triggered_by": "TEAMMATE@acme.example"}, [3]),
        ({"triggered_by": str(uuid.uuid4())}, []),
        ({"page": "2", "limit": "2"}, [2, 1]),
        ({"ordering": "-queued_at"}, [4, 3, 2, 1, 0]),
        ({"ordering": "queued_at"}, [0, 1, 2, 3, 4]),
        ({"ordering": "queued_at", "status": "PENDING"}, [0, 3, 4]),
    ],
)
def test_filters(client_of: Clients, viewer: User, runs: list[Run], query: dict[str, str], expected: list[int]) -> None:
    assert positions(client_of(viewer).get(URL, query), runs) == expected


def test_by_robot_person_and_time(client_of: Clients, viewer: User, teammate: User, runs: list[Run]) -> None:
    client = client_of(viewer)
    yesterday = (timezone.now() - timedelta(days=1)).isoformat()
    assert positions(client.get(URL, {"robot_id": str(runs[2].robot_id)}), runs) == [2]
    assert positions(client.get(URL, {"triggered_by": str(teammate.pk)}), runs) == [3]
    assert positions(client.get(URL, {"since": yesterday}), runs) == [4, 2, 1, 0]
    assert positions(client.get(URL, {"until": yesterday}), runs) == [3]


@pytest.mark.parametrize("query", [{}, {"status": "PENDING"}, {"trigger_type": "MANUAL"}, {"ordering": "queued_at"}])
def test_a_cursor_walks_through_all(client_of: Clients, viewer: User, runs: list[Run], query: dict[str, str]) -> None:
    client = client_of(viewer)
    whole = positions(client.get(URL, query), runs)
    walked: list[int] = []
    cursor: dict[str, str] = {}
    while True:
        answer = client.get(URL, query | {"limit": "2"} | cursor)
        walked += positions(answer, runs)
        following = answer.json()["pagination"]["next_cursor"]
        if following is None:
            break
        cursor = {"cursor": following}
    assert walked == whole


@pytest.mark.parametrize("query", [{}, {"status": "PENDING"}, {"trigger_type": "MANUAL"}, {"ordering": "queued_at"}])
def test_numbered_pages_together_are_the_whole(
    client_of: Clients, viewer: User, runs: list[Run], query: dict[str, str]
) -> None:
    client = client_of(viewer)
    whole = positions(client.get(URL, query), runs)
    asked = [query | {"limit": "1", "page": str(page)} for page in range(1, 7)]
    assert [position for each in asked for position in positions(client.get(URL, each), runs)] == whole


def test_only_of_robots_whose_runs_may_be_read(
    client_of: Clients, viewer: User, runs: list[Run], grant: Callable[..., Any]
) -> None:
    grant(viewer, "run.read", runs[2].robot)
    assert positions(client_of(viewer).get(URL), runs) == [2]


@pytest.mark.parametrize(("ordering", "expected"), [("-queued_at", [2]), ("queued_at", [])])
def test_a_cursor_of_others_leads_no_further_than_the_rights(
    client_of: Clients,
    viewer: User,
    teammate: User,
    runs: list[Run],
    grant: Callable[..., Any],
    ordering: str,
    expected: list[int],
) -> None:
    """The list of all gave it; the one run that may be read lies behind it, or does not."""
    grant(viewer, "run.read", runs[2].robot)
    limit = "1" if ordering.startswith("-") else "3"
    query = {"ordering": ordering, "limit": limit}
    cursor = client_of(teammate).get(URL, query).json()["pagination"]["next_cursor"]
    assert positions(client_of(viewer).get(URL, {"ordering": ordering, "cursor": cursor}), runs) == expected


@pytest.mark.parametrize("ordering", ["-queued_at", "queued_at"])
def test_behind_a_cursor_runs_are_shown_alike(client_of: Clients, viewer: User, runs: list[Run], ordering: str) -> None:
    """That list is asked for in another way: written out, and planned once."""
    artifact_made(runs[1], name="a.csv")
    client = client_of(viewer)
    whole = client.get(URL, {"ordering": ordering}).json()["runs"]
    first = client.get(URL, {"ordering": ordering, "limit": "1"}).json()
    cursor = first["pagination"]["next_cursor"]
    for _time in range(ASKED_BEFORE + 2):
        assert first["runs"] + client.get(URL, {"ordering": ordering, "cursor": cursor}).json()["runs"] == whole


def test_other_organizations_see_their_own(client_of: Clients, foreigner: User, runs: list[Run]) -> None:
    assert client_of(foreigner).get(URL).json()["runs"] == []


def test_lists_show_what_single_runs_show(
    client_of: Clients, viewer: User, organization: Organization, robot: Robot, runs: list[Run]
) -> None:
    artifact_made(runs[1], name="z.csv")
    artifact_made(runs[1], name="a.csv")
    client = client_of(viewer)
    listed = client.get(URL).json()["runs"]
    assert listed == [client.get(f"{URL}/{run['id']}").json() for run in listed]
    assert [run["queue"] and run["queue"]["position"] for run in listed] == [3, 2, None, None, 1]
    assert [artifact["name"] for artifact in listed[3]["artifacts"]] == ["a.csv", "z.csv"]


def test_queries_do_not_grow_with_the_list(
    client_of: Clients, viewer: User, owner: User, actor: Any, organization: Organization, robot: Robot, runs: list[Run]
) -> None:
    """One each: session, count, runs with their artifacts, the places of the waiting ones in all queues.

    And one for the grants, where there are any.
    """
    client = client_of(viewer)
    other = robot_made(organization.schema_name, "Elsewhere", pool="gpu")
    version_made(organization.schema_name, other)

    def queries(limit: int) -> int:
        with CaptureQueriesContext(connection) as captured:
            answer = client.get(URL, {"limit": limit})
        assert len(answer.json()["runs"]) == limit
        return len(captured)

    for number in range(45):
        run = run_made(organization.schema_name, other if number % 2 else robot)
        if number % 3 == 0:
            artifact_made(run_ended(run))
    assert (queries(5), queries(50)) == (4, 4)
    given: dict[str, Any] = {"holder": viewer, "model": Robot, "scope_tag": "finance"}
    tag_grant_add(actor=actor(owner), action="robot.run", **given, now=timezone.now())
    assert (queries(5), queries(50)) == (5, 5)


@pytest.mark.parametrize(
    "query",
    [
        {"status": "success"},
        {"status": "DONE"},
        {"robot_id": "1"},
        {"since": "yesterday"},
        {"cursor": "?"},
        {"limit": "1000"},
        {"ordering": "status"},
        {"robo_id": str(SERVICE)},
    ],
)
def test_wrong_query(client_of: Clients, viewer: User, query: dict[str, str]) -> None:
    assert client_of(viewer).get(URL, query).status_code == 422


def test_anonymous(client_of: Clients) -> None:
    assert client_of(None).get(URL).status_code == 401


def test_without_the_right(client_of: Clients, stranger: User) -> None:
    assert client_of(stranger).get(URL).status_code == 403


def test_a_run_in_a_list_is_the_run_itself(
    client_of: Clients, viewer: User, runs: list[Run], organization: Organization
) -> None:
    """Lists are written by PostgreSQL, single runs by serializers."""
    waiting, failed, done, *_others = runs
    artifact_made(done, name="b.csv")
    artifact_made(done, name='a "quoted".csv', content_type="text/csv")
    retried = run_made(
        organization.schema_name, failed.robot, retry_of=failed, parameters={"deep": [1, {"ã": None}], "big": 2**63 - 1}
    )
    started = datetime(2026, 2, 1, 9, 30, tzinfo=UTC)  # without a fraction of a second
    columns = {
        "worker": "celery@host-1/4711",
        "started_at": started,
        "finished_at": started + timedelta(microseconds=1500),  # between two milliseconds
        "progress_done": 3,
        "progress_total": 9,
        "progress_message": "três\n\x7f",
        "exit_code": 2,
        "process_id": 99,
        "error_message": 'a\\b"c\u2028',
    }
    Execution.objects.filter(pk=failed.pk).update(**columns)
    Execution.objects.filter(pk=retried.pk).update(
        status=Status.RUNNING, started_at=started, worker="odd", token=uuid.uuid4()
    )
    client = client_of(viewer)
    listed = client.get(URL).json()["runs"]
    assert [run["id"] for run in listed] == [str(run.pk) for run in (retried, *reversed(runs))]
    for run in listed:
        assert run == client.get(f"{URL}/{run['id']}").json()
    by_id = {run["id"]: run for run in listed}
    assert by_id[str(failed.pk)]["duration_seconds"] == 0.002
    assert by_id[str(waiting.pk)]["queue"]["position"] == 1
    assert [file["name"] for file in by_id[str(done.pk)]["artifacts"]] == ['a "quoted".csv', "b.csv"]
