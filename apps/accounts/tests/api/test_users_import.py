"""POST /api/v1/users/import."""

from __future__ import annotations

import threading
from collections.abc import Callable
from contextlib import nullcontext
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection, transaction
from django.test.utils import CaptureQueriesContext
from rest_framework.test import APIClient

from apps.accounts.models import Session, User
from apps.accounts.services.administrators import administrators_lock
from apps.accounts.services.user_imports import MOST_BYTES, MOST_ROWS
from apps.accounts.services.users import user_create
from apps.events.models import Event
from apps.tenants.context import public_context, tenant_context
from apps.tenants.models import DirectoryEntry, Organization
from apps.tenants.tests.concurrency import at_once
from conftest import bearer, make_user

URL = "/api/v1/users/import"
Clients = Callable[[User | None], APIClient]
Import = Callable[..., Any]
TABLE = """email,name,role,phone,department,is_active
Ana@Acme.example,Ana Nova,operator,+55 11 1,RH,true
bia@acme.example,Bia Nova,Viewer,,,
"""


def sent(client: APIClient, table: str | bytes, **more: Any) -> Any:
    content = table.encode() if isinstance(table, str) else table
    headers = {"HTTP_IDEMPOTENCY_KEY": more.pop("key")} if "key" in more else {}
    body = {"file": SimpleUploadedFile("people.csv", content, "text/csv"), **more}
    return client.post(URL, body, format="multipart", **headers)


@pytest.fixture
def imported(client_of: Clients, owner: User) -> Import:
    """What the owner is answered."""

    def post(table: str | bytes, **more: Any) -> dict[str, Any]:
        answer = sent(client_of(owner), table, **more)
        assert answer.status_code == 200, answer.data
        return dict(answer.json())

    return post


def faults(answer: dict[str, Any]) -> list[tuple[int, str]]:
    return [(fault["line"], fault["field"]) for fault in answer["errors"]]


def people() -> set[str]:
    return set(User.objects.values_list("email", flat=True))


def test_it_works(imported: Import, owner: User, mailed: Callable[[], list[Any]]) -> None:
    assert imported(TABLE) == {"created": 2, "updated": 0, "errors": []}
    ana, bia = User.objects.get(email="ana@acme.example"), User.objects.get(email="bia@acme.example")
    assert (ana.name, ana.role.slug, ana.phone, ana.department) == ("Ana Nova", "operator", "+55 11 1", "RH")
    assert (bia.role.slug, bia.is_active) == ("viewer", True)
    assert {address for mail in mailed() for address in mail.to} == {ana.email, bia.email}
    assert Event.objects.filter(name="user.created", actor_id=str(owner.pk)).count() == 2


def test_a_dry_run_says_the_same_and_writes_nothing(
    imported: Import, owner: User, viewer: User, mailed: Callable[[], list[Any]], organization: Organization
) -> None:
    table = TABLE + "viewer@acme.example,Vera,operator,,,\n"
    before = people()
    assert imported(table, dry_run="true") == {"created": 2, "updated": 1, "errors": []}
    assert people() == before
    viewer.refresh_from_db()
    assert (viewer.name, viewer.role.slug) == ("Viewer", "viewer")
    assert mailed() == []
    assert not Event.objects.filter(name__startswith="user.").exists()
    with public_context():
        assert DirectoryEntry.objects.filter(schema_name=organization.schema_name).count() == len(before)
    assert imported(table) == {"created": 2, "updated": 1, "errors": []}


def test_people_are_known_by_their_address(imported: Import, viewer: User, teammate: User) -> None:
    table = "email;department;is_active;name\nVIEWER@acme.example;RH;;\nteammate@acme.example;;não;Tito\n"
    assert imported(table) == {"created": 0, "updated": 2, "errors": []}
    viewer.refresh_from_db()
    teammate.refresh_from_db()
    assert (viewer.department, viewer.is_active, viewer.name) == ("RH", True, "Viewer"), "empty cells keep these"
    assert (teammate.is_active, teammate.name) == (False, "Tito")
    assert imported(table) == {"created": 0, "updated": 0, "errors": []}, "what is the same already is no change"


def test_who_is_switched_off_is_signed_out(imported: Import, client_of: Clients, teammate: User) -> None:
    client = client_of(teammate)
    imported("email,is_active\nteammate@acme.example,false\n")
    assert client.get("/api/v1/auth/me").status_code == 401
    assert not Session.objects.filter(user=teammate, revoked_at=None).exists()


def test_all_or_none_and_every_line_is_told(imported: Import, viewer: User) -> None:
    table = """email,name,role,is_active,phone
ana@acme.example,Ana,operator,,
bad,Bia,operator,,
caio@acme.example,,boss,,
,Davi,viewer,,
eva@acme.example,Eva,viewer,perhaps,
fabio@acme.example,Fabio,viewer,,123456789012345678901234567890123456789012
gil@acme.example,"Gil
two lines",viewer,,
ana@acme.example,Ana,viewer,,
viewer@acme.example,Vera,super_admin,,
hugo@acme.example,Hugo,viewer,,1,2
"""
    before = people()
    told = [
        (3, "email"),
        (4, "name"),
        (4, "role"),
        (5, "email"),
        (6, "is_active"),
        (7, "phone"),
        (8, "name"),
        (10, "email"),
        (11, "role"),
        (12, ""),
    ]
    answer = imported(table)
    assert (answer["created"], answer["updated"]) == (0, 0)
    assert faults(answer) == told
    assert people() == before
    dry = imported(table, dry_run="true")
    assert (dry["created"], dry["updated"]) == (2, 0)
    assert dry["errors"] == answer["errors"]


@pytest.mark.parametrize(
    ("head", "told"),
    [
        ("name,role", [(1, "email")]),
        ("email,password", [(1, "password")]),
        ("email,name,name", [(1, "name")]),
        ("email,,name", [(1, "")]),
    ],
)
def test_columns_that_are_wrong(imported: Import, head: str, told: list[tuple[int, str]]) -> None:
    assert faults(imported(f"{head}\nx@acme.example,X,Y\n")) == told


def test_files_of_excel_in_brazil(imported: Import) -> None:
    table = "email;name;role\njoao@acme.example;João Ação;viewer\n"
    for content in (table.encode("cp1252"), table.encode("utf-8-sig"), table.encode("utf-16")):
        assert imported(content)["errors"] == []
        assert User.objects.get(email="joao@acme.example").name == "João Ação"


def test_what_was_exported_can_be_taken_back(imported: Import, client_of: Clients, owner: User, viewer: User) -> None:
    User.objects.filter(pk=viewer.pk).update(phone="+55 11 9", department="=1+1")
    answer: Any = client_of(owner).get("/api/v1/users/export?separator=semicolon")
    file = b"".join(answer.streaming_content)
    assert imported(file) == {"created": 0, "updated": 0, "errors": []}


def test_the_last_administrator_stays(imported: Import, owner: User) -> None:
    for table in ("email,role\nowner@acme.example,viewer\n", "email,is_active\nowner@acme.example,false\n"):
        assert [line for line, _field in faults(imported(table))] == [2]
    owner.refresh_from_db()
    assert (owner.role.slug, owner.is_active) == ("org_admin", True)


def test_but_may_hand_over_in_the_same_file(imported: Import, owner: User, viewer: User) -> None:
    answer = imported("email,role\nowner@acme.example,viewer\nviewer@acme.example,Admin\n")
    assert answer == {"created": 0, "updated": 2, "errors": []}


def test_nobody_gives_or_takes_over_more_than_they_hold(
    client_of: Clients, owner: User, api: APIClient, viewer: User
) -> None:
    made = client_of(owner).post("/api/v1/api-keys", {"name": "hr", "permissions": ["admin.manage"]}).json()
    api.credentials(HTTP_X_API_KEY=made["key"])
    answer = sent(api, "email,name,role\nnew@acme.example,New,org_admin\nviewer@acme.example,Vera,\n").json()
    assert faults(answer) == [(2, "role")]
    assert not User.objects.filter(email="new@acme.example").exists()


def test_a_repeated_request_imports_once(imported: Import, mailed: Callable[[], list[Any]]) -> None:
    answers = [imported(TABLE, key="one") for _ in range(2)]
    assert answers[0] == answers[1]
    assert len(mailed()) == 2


def test_more_invitations_than_may_be_mailed_are_429(
    client_of: Clients, owner: User, settings: Any, imported: Import
) -> None:
    settings.ENV = settings.ENV.model_copy(update={"rate_limit_import_invitation": "1/hour"})
    assert imported(TABLE, dry_run="true")["created"] == 2
    assert sent(client_of(owner), TABLE).status_code == 429
    assert not User.objects.filter(email="bia@acme.example").exists()
    assert imported(TABLE.replace("RH,true", "RH,false"))["created"] == 2


def test_more_imports_than_may_be_are_429(client_of: Clients, owner: User, settings: Any) -> None:
    """A dry run is as much work."""
    settings.ENV = settings.ENV.model_copy(update={"rate_limit_import": "2/hour"})
    client = client_of(owner)
    assert [sent(client, TABLE, dry_run=dry).status_code for dry in ("true", "false", "true")] == [200, 200, 429]


def test_administrators_are_locked_wherever_somebody_is_changed(
    client_of: Clients, owner: User, teammate: User
) -> None:
    client = client_of(owner)
    for table, locked in (
        ("email,name,role\nnew@acme.example,New,org_admin\n", False),
        (f"email,name\n{teammate.email},{teammate.name}\n", False),
        (f"email,name\n{teammate.email},Renamed\n", True),  # else two files in opposite order wait in a ring
        (f"email,role\n{teammate.email},viewer\n", True),
        (f"email,is_active\n{teammate.email},false\n", True),
    ):
        with CaptureQueriesContext(connection) as queries:
            assert sent(client, table, dry_run="true").status_code == 200
        assert any("lock_timeout" in query["sql"] for query in queries) is locked, table


def test_somebody_else_who_holds_administrators_is_409(
    live_organization: Organization, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("apps.accounts.services.administrators.LONGEST_WAIT", 0.1)
    with tenant_context(live_organization):
        boss = make_user("boss@live.example", "org_admin")
        make_user("teammate@live.example", "operator")
    client = APIClient(SERVER_NAME="localhost")
    client.credentials(HTTP_AUTHORIZATION=f"Bearer {bearer(boss, live_organization)}")
    held, over = threading.Event(), threading.Event()

    def hold() -> None:
        try:
            with tenant_context(live_organization), transaction.atomic():
                administrators_lock()
                held.set()
                over.wait(30)
        finally:
            connection.close()

    thread = threading.Thread(target=hold)
    thread.start()
    assert held.wait(30)
    try:
        answer = sent(client, "email,role\nteammate@live.example,viewer\n")
        assert (answer.status_code, answer.json()["error_code"]) == (409, "busy")
        assert sent(client, "email,name,role\nnew@live.example,New,viewer\n").status_code == 200
    finally:
        over.set()
        thread.join(30)
    assert sent(client, "email,role\nteammate@live.example,viewer\n").json()["updated"] == 1


def test_two_in_opposite_order_do_not_wait_for_ever(
    live_organization: Organization, monkeypatch: pytest.MonkeyPatch
) -> None:
    with tenant_context(live_organization):
        token = bearer(make_user("boss@live.example", "org_admin"), live_organization)
    rows = ["ana@live.example,Ana,viewer\n", "bia@live.example,Bia,viewer\n"]
    both_have_one, seen = threading.Barrier(2), threading.local()

    def create(**given: Any) -> User:
        user = user_create(**given)
        if not hasattr(seen, "one"):
            seen.one = user
            both_have_one.wait(30)
        return user

    monkeypatch.setattr("apps.accounts.services.user_imports.user_create", create)
    monkeypatch.setattr("apps.accounts.services.user_imports.table_turn", nullcontext)  # as in two processes

    def send(index: int) -> Any:
        client = APIClient(SERVER_NAME="localhost", raise_request_exception=False)
        client.credentials(HTTP_AUTHORIZATION=f"Bearer {token}")
        return sent(client, "email,name,role\n" + "".join(rows if index else reversed(rows)))

    answers = sorted(at_once(send, 2), key=lambda answer: int(answer.status_code))
    assert [answer.status_code for answer in answers] == [200, 409]
    assert (answers[0].json()["created"], answers[1].json()["error_code"]) == (2, "busy")
    assert answers[1]["Retry-After"] == "1"


@pytest.mark.parametrize("content", [b"", b"\n\n", b'email\n"x', b"email\nx\x00", b"email" + b",a" * 256])
def test_no_table_is_400(client_of: Clients, owner: User, content: bytes) -> None:
    answer = sent(client_of(owner), content)
    assert (answer.status_code, answer.json()["error_code"]) == (400, "invalid_table")


def test_too_much_is_413(client_of: Clients, owner: User) -> None:
    client = client_of(owner)
    assert sent(client, b"email\n" + b"x" * MOST_BYTES).status_code == 413
    rows = "".join(f"p{number}@acme.example\n" for number in range(MOST_ROWS + 1))
    assert sent(client, f"email\n{rows}").status_code == 413


@pytest.mark.parametrize("body", [{}, {"file": "text"}, {"unknown": "1"}])
def test_nonsense_is_422(client_of: Clients, owner: User, body: dict[str, Any]) -> None:
    assert client_of(owner).post(URL, body, format="multipart").status_code == 422


def test_json_is_415(client_of: Clients, owner: User) -> None:
    assert client_of(owner).post(URL, {"file": "x"}).status_code == 415


def test_people_who_are_known_cost_one_question(client_of: Clients, owner: User) -> None:
    client = client_of(owner)

    def queries(count: int) -> int:
        for number in range(count):
            make_user(f"p{count}-{number}@acme.example", "viewer")
        rows = "".join(f"p{count}-{number}@acme.example,viewer\n" for number in range(count))
        with CaptureQueriesContext(connection) as captured:
            assert sent(client, f"email,role\n{rows}").json()["errors"] == []
        return len(captured)

    assert queries(2) == queries(20)


def test_nobody_is_401(client_of: Clients) -> None:
    assert sent(client_of(None), TABLE).status_code == 401


@pytest.mark.parametrize("who", ["maintainer", "viewer", "stranger"])
def test_without_the_right_it_is_403(client_of: Clients, who: str, request: pytest.FixtureRequest) -> None:
    for content in (TABLE, "nonsense"):
        assert sent(client_of(request.getfixturevalue(who)), content).status_code == 403


def test_a_foreigner_imports_into_their_own_organization(
    client_of: Clients, foreigner: User, viewer: User, other_organization: Organization
) -> None:
    table = "email,name,role\nviewer@acme.example,Taken,viewer\n"
    assert sent(client_of(foreigner), table).json() == {"created": 1, "updated": 0, "errors": []}
    viewer.refresh_from_db()
    assert viewer.name == "Viewer"
    with tenant_context(other_organization):
        assert User.objects.get(email="viewer@acme.example").name == "Taken"
