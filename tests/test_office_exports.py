"""Lists of the back-office as files: what the list shows, to whom it shows it, and an entry in the ledger."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Callable
from typing import Any

import openpyxl
import pytest
from django.contrib.auth.models import Group
from django.contrib.messages import get_messages
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from apps.accounts.backends import PATH
from apps.accounts.models import Role, User, UserGrant
from apps.accounts.services.users import user_update
from apps.common import admin_exports
from apps.common.actor import Actor
from apps.common.turns import table_turn
from apps.events.models import Event
from apps.executions.models import Status
from apps.portal.services.domains import domain_create
from apps.portal.services.services import service_create
from apps.robots.models import Robot
from apps.robots.tests.factories import robot_made, run_ended, run_made, system, version_made
from apps.tenants.context import tenant_context
from apps.tenants.models import Organization
from conftest import make_user

CSV, XLSX = "0", "1"
PAGES = ("robots/run", "robots/robot", "portal/service", "portal/domain", "accounts/user", "events/event")
QUERIES = {
    "robots/run": 9,
    "robots/robot": 9,
    "portal/service": 9,
    "portal/domain": 8,
    "accounts/user": 9,
    "events/event": 8,
}
"""Of a file, whatever the number of its rows. Session, person, rights, count, rows, the entry in the ledger."""
Signed = Callable[[User], Client]


@pytest.fixture
def browser(organization: Organization) -> Signed:
    def signed_in(user: User) -> Client:
        client = Client(SERVER_NAME=f"{organization.slug}.localhost")
        client.force_login(user, backend=PATH)
        return client

    return signed_in


def filled(schema: str, program: Actor, word: str, numbers: range) -> list[Robot]:
    """A row of each list for each number, with the word in its name."""
    robots, now = [], timezone.now()
    for number in numbers:
        robot = robot_made(schema, f"{word} robot {number}", tags=["dp"])
        version = version_made(schema, robot)
        run_ended(run_made(schema, robot), Status.COMPLETED)
        domain = domain_create(actor=program, name=f"{word} domain {number}", slug=f"domain-{number}", now=now)
        service_create(
            actor=program,
            domain_id=domain.pk,
            robot_id=robot.pk,
            default_version_id=version.pk,
            title=f"{word} service {number}",
            form_schema_json={"fields": []},
            run_template_json={},
            now=now,
        )
        make_user(f"{word.lower()}-{number}@acme.example", "viewer")
        robots.append(robot)
    return robots


@pytest.fixture
def rightless(organization: Organization) -> User:
    """Of the organization, with a role that may nothing."""
    group = Group.objects.create(name="nobody")
    Role.objects.create(slug="nobody", name="Nobody", actions=[], group=group)
    return make_user("rightless@acme.example", "nobody")


@pytest.fixture
def robots(organization: Organization) -> list[Robot]:
    return filled(organization.schema_name, system(organization.schema_name), "Acme", range(3))


def exported(client: Client, page: str, query: str = "") -> list[dict[str, str]]:
    answer = client.post(f"/admin/{page}/export/{query}", {"format": CSV, "resource": "0"})
    assert answer.status_code == 200, answer.content
    assert answer["Content-Type"] == "text/csv; charset=utf-8"
    assert answer["Content-Disposition"].startswith(f'attachment; filename="{page.split("/")[1]}-')
    return list(csv.DictReader(io.StringIO(answer.content.decode("utf-8-sig"))))


def sheet_of(client: Client) -> Any:
    answer = client.post("/admin/robots/robot/export/", {"format": XLSX, "resource": "0"})
    return openpyxl.load_workbook(io.BytesIO(answer.content)).active


def test_it_works(owner: User, browser: Signed, robots: list[Robot]) -> None:
    client = browser(owner)
    for page in PAGES:
        assert f"/admin/{page}/export/" in client.get(f"/admin/{page}/").content.decode()
        shown = client.get(f"/admin/{page}/export/")
        assert shown.status_code == 200
        rows = exported(client, page)
        assert len(rows) == shown.context["rows"] >= 3
        assert any("acme" in value.lower() for row in rows for value in row.values())
        note = Event.objects.filter(name="list.exported").latest("id")
        assert (note.actor_id, note.subject_id) == (str(owner.pk), str(owner.pk))
        assert note.data == {"what": page.replace("/", "."), "rows": len(rows), "format": "csv", "narrowed": {}}


def test_what_is_told_of_a_run(owner: User, browser: Signed, robots: list[Robot]) -> None:
    row = exported(browser(owner), "robots/run")[0]
    assert (row["robot"], row["version"], row["status"]) == ("Acme robot 2", "1.0.0", "SUCCESS")
    assert not {"parameters", "arguments", "environment"} & row.keys()


def test_a_spreadsheet(owner: User, browser: Signed, robots: list[Robot]) -> None:
    lines = list(sheet_of(browser(owner)).iter_rows(values_only=True))
    assert lines[0][:2] == ("id", "name")
    assert [line[1] for line in lines[1:]] == ["Acme robot 0", "Acme robot 1", "Acme robot 2"]


def test_what_a_spreadsheet_would_run_is_quoted(organization: Organization, owner: User, browser: Signed) -> None:
    names = {"=cmd|' /C calc'!A0", "+1+1", "-1+1", "@SUM(A1)"}
    for name in names:
        robot_made(organization.schema_name, name)
    client = browser(owner)
    assert {row["name"] for row in exported(client, "robots/robot")} == {f"'{name}" for name in names}
    cells = [line[1] for line in sheet_of(client).iter_rows(min_row=2)]
    assert {cell.value for cell in cells} == {f"'{name}" for name in names}
    assert {cell.data_type for cell in cells} == {"s"}


def test_separators_count_in_files_that_are_split_alone(
    organization: Organization, owner: User, browser: Signed
) -> None:
    robot_made(organization.schema_name, "Close, -1")
    robot_made(organization.schema_name, "Close,-1")
    client = browser(owner)
    assert {row["name"] for row in exported(client, "robots/robot")} == {"Close, -1", "Close,'-1"}
    assert {line[1].value for line in sheet_of(client).iter_rows(min_row=2)} == {"Close, -1", "Close,-1"}


def test_control_characters_fit_into_a_spreadsheet(organization: Organization, owner: User, browser: Signed) -> None:
    robot_made(organization.schema_name)
    Robot.objects.update(name="Bell \x07 rings")  # as it could be called once
    assert sheet_of(browser(owner))["B2"].value == "Bell \N{REPLACEMENT CHARACTER} rings"


def test_no_password_is_in_any_file(owner: User, browser: Signed) -> None:
    owner.set_password("Correct-horse-7")
    owner.save(update_fields=["password"])
    answer = browser(owner).post("/admin/accounts/user/export/", {"format": CSV, "resource": "0"})
    assert "password" not in answer.content.decode()
    assert owner.password not in answer.content.decode()


def test_the_file_is_narrowed_as_the_list_is(owner: User, browser: Signed, robots: list[Robot]) -> None:
    rows = exported(browser(owner), "robots/robot", "?q=robot+1")
    assert [row["name"] for row in rows] == ["Acme robot 1"]
    assert Event.objects.get(name="list.exported").data["narrowed"] == {"q": "robot 1"}


def test_nonsense_in_the_address_leads_back(owner: User, browser: Signed, robots: list[Robot]) -> None:
    client = browser(owner)
    answer = client.get("/admin/robots/run/export/?robot__id__exact=nonsense")
    assert (answer.status_code, answer["Location"]) == (302, "/admin/robots/run/export/")
    assert client.get("/admin/robots/run/export/?execution__token=x").status_code == 400


def test_nonsense_in_the_form_is_refused(owner: User, browser: Signed) -> None:
    client = browser(owner)
    nonsense: list[dict[str, str]] = [{}, {"format": "7"}, {"format": CSV, "export_items": "1"}, {"format": "x"}]
    for sent in nonsense:
        answer = client.post("/admin/robots/run/export/", sent)
        assert (answer.status_code, answer["Content-Type"]) == (200, "text/html; charset=utf-8")
    assert not Event.objects.filter(name="list.exported").exists()


def test_only_what_grants_reach_is_in_the_file(
    organization: Organization, viewer: User, browser: Signed, robots: list[Robot]
) -> None:
    for action in ("robot.read", "run.read"):
        UserGrant.objects.assign_perm(action, viewer, robots[1])
    client = browser(viewer)
    assert [row["name"] for row in exported(client, "robots/robot")] == ["Acme robot 1"]
    assert [row["robot"] for row in exported(client, "robots/run")] == ["Acme robot 1"]


def test_who_may_not_read_the_list_gets_no_file(viewer: User, rightless: User, browser: Signed) -> None:
    for who, pages in ((viewer, ("accounts/user", "events/event")), (rightless, PAGES)):
        client = browser(who)
        for page in pages:
            assert client.get(f"/admin/{page}/export/").status_code == 403
            assert client.post(f"/admin/{page}/export/", {"format": CSV, "resource": "0"}).status_code == 403
    assert not Event.objects.filter(name="list.exported").exists()


def test_nobody_is_sent_to_the_sign_in_page(organization: Organization) -> None:
    answer = Client(SERVER_NAME=f"{organization.slug}.localhost").post("/admin/robots/run/export/", {"format": CSV})
    assert (answer.status_code, "/login/" in answer["Location"]) == (302, True)


def test_rows_of_another_organization_are_in_no_file(
    owner: User, other_organization: Organization, browser: Signed, robots: list[Robot]
) -> None:
    with tenant_context(other_organization):
        filled(other_organization.schema_name, system(other_organization.schema_name), "Foreign", range(2))
    client = browser(owner)
    for page in PAGES:
        assert "foreign" not in str(exported(client, page)).lower()


def test_more_rows_than_fit_are_refused(
    owner: User, browser: Signed, robots: list[Robot], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(admin_exports, "MOST_ROWS", 2)
    client = browser(owner)
    assert "at most 2 rows" in client.get("/admin/robots/robot/export/").content.decode()
    answer = client.post("/admin/robots/robot/export/", {"format": CSV, "resource": "0"})
    assert "at most 2 rows" in answer.content.decode()
    assert not Event.objects.filter(name="list.exported").exists()
    assert len(exported(client, "robots/robot", "?q=robot+1")) == 1


def test_what_is_asked_of_the_database_is_the_same_for_more_rows(
    organization: Organization, owner: User, browser: Signed, robots: list[Robot]
) -> None:
    def counted() -> dict[str, int]:
        counts = {}
        for page in PAGES:
            exported(client, page)
            with CaptureQueriesContext(connection) as queries:
                exported(client, page)
            counts[page] = len(queries)
        return counts

    client = browser(owner)
    few = counted()
    filled(organization.schema_name, system(organization.schema_name), "More", range(3, 23))
    assert counted() == few == QUERIES


def test_a_name_of_a_person_is_data(organization: Organization, owner: User, browser: Signed) -> None:
    now = timezone.now()
    program = system(organization.schema_name)
    user_update(actor=program, user=owner, changes={"phone": "+55 11 5555"}, now=now)
    assert exported(browser(owner), "accounts/user")[0]["phone"] == "'+55 11 5555"


def test_one_file_of_an_organization_at_a_time(owner: User, viewer: User, browser: Signed) -> None:
    """Each keeps a thread of the process busy for seconds, and all threads are not one organization's."""
    client = browser(viewer)
    with table_turn():
        answer = client.post("/admin/robots/run/export/?q=a", {"format": XLSX, "resource": "0"})
        assert (answer.status_code, answer["Location"]) == (302, "/admin/robots/run/export/?q=a")
        texts = [str(message) for message in get_messages(answer.wsgi_request)]
        assert texts == ["Too many requests; try again later."]
    assert client.post("/admin/robots/run/export/", {"format": XLSX, "resource": "0"}).status_code == 200


@pytest.mark.parametrize("name", ["a\uffffb", "\ufffe"])
def test_what_no_spreadsheet_could_open_is_replaced(owner: User, browser: Signed, name: str) -> None:
    """One such character in a name, which people choose themselves, would spoil the whole file."""
    User.objects.filter(pk=owner.pk).update(name=name)
    answer = browser(owner).post("/admin/accounts/user/export/", {"format": XLSX, "resource": "0"})
    sheet = openpyxl.load_workbook(io.BytesIO(answer.content)).active
    assert [row[1] for row in sheet.iter_rows(values_only=True)] == ["name", re.sub("[\ufffe\uffff]", "\ufffd", name)]
