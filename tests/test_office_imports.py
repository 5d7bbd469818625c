"""Rows of the back-office from files: a look at what would happen, and then all of it or nothing."""

from __future__ import annotations

import base64
import csv
import io
from collections.abc import Callable
from typing import Any

import pytest
from django.conf import settings
from django.contrib.messages import get_messages
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.utils import timezone

from apps.accounts.backends import PATH
from apps.accounts.models import Session, User
from apps.common import admin_imports
from apps.common.testing import arriving, proven
from apps.common.turns import table_turn
from apps.events.models import Event
from apps.portal.models import Domain, Service
from apps.portal.services.domains import domain_create
from apps.portal.services.services import service_create
from apps.robots.tests.factories import robot_made, system, version_made
from apps.tenants.models import Organization
from conftest import make_user

PAGES = ("accounts/user", "portal/domain", "portal/service")
PEOPLE = "email,name,role,phone\nnew@acme.example,Nova,operator,'+55 11 5555\nvera@acme.example,Vera Lima,Viewer,\n"
FORM = {"fields": [{"key": "mes", "label": "Mês", "type": "text"}]}
Signed = Callable[[User], Client]


@pytest.fixture
def browser(organization: Organization) -> Signed:
    def signed_in(user: User) -> Client:
        client = Client(SERVER_NAME=f"{organization.slug}.localhost")
        client.force_login(user, backend=PATH)
        return client

    return signed_in


def looked_at(client: Client, page: str, text: str | bytes) -> Any:
    """The page after a file was chosen."""
    data = text.encode() if isinstance(text, str) else text
    file = SimpleUploadedFile("rows.csv", data, content_type="text/csv")
    return client.post(f"/admin/{page}/import/", {"import_file": file, "format": "0", "resource": "0"})


def gone_on(client: Client, page: str, preview: Any) -> Any:
    """The page after its answer was yes."""
    return client.post(f"/admin/{page}/process_import/", preview.context["confirm_form"].initial)


def texts(answer: Any) -> list[str]:
    return [str(message) for message in get_messages(answer.wsgi_request)]


def test_it_works(owner: User, browser: Signed) -> None:
    make_user("vera@acme.example", "viewer")
    client = browser(owner)
    assert "/admin/accounts/user/import/" in client.get("/admin/accounts/user/").content.decode()
    assert client.get("/admin/accounts/user/import/").context["required"] == ["email", "name", "role"]
    preview = looked_at(client, "accounts/user", PEOPLE)
    assert [row.import_type for row in preview.context["result"].rows] == ["new", "update"]
    assert "new@acme.example" in preview.content.decode()
    assert User.objects.count() == 2
    answer = gone_on(client, "accounts/user", preview)
    assert (answer.status_code, answer["Location"]) == (302, "/admin/accounts/user/")
    assert texts(answer) == ["1 added, 1 changed, 0 as they were."]
    new = User.objects.get(email="new@acme.example")
    assert (new.role.slug, new.phone) == ("operator", "+55 11 5555")
    assert Event.objects.filter(name="user.invited", subject_id=str(new.pk)).exists()


def test_what_was_exported_comes_back(organization: Organization, owner: User, browser: Signed) -> None:
    program, now = system(organization.schema_name), timezone.now()
    robot = robot_made(organization.schema_name, "=Folha")
    version = version_made(organization.schema_name, robot)
    domain = domain_create(actor=program, name="+Pessoal", slug="dp-rh", description="-1\n@x", now=now)
    service_create(
        actor=program,
        domain_id=domain.pk,
        robot_id=robot.pk,
        default_version_id=version.pk,
        title="'=Fechamento",
        form_schema_json=FORM,
        run_template_json={"mapping": {"runtime_arguments": ["--mês={mes}"]}},
        now=now,
    )
    client = browser(owner)
    for page in PAGES:
        exported = client.post(f"/admin/{page}/export/", {"format": "0", "resource": "0"})
        preview = looked_at(client, page, exported.content)
        assert {row.import_type for row in preview.context["result"].rows} == {"skip"}, page
    for row in (*Service.objects.all(), *Domain.objects.all()):
        row.delete()
    for page in ("portal/domain", "portal/service"):
        file = io.StringIO(newline="")
        writer = csv.writer(file, delimiter=";")
        rows: dict[str, list[str]] = {
            "portal/domain": ["dp-rh", "'+Pessoal", "slug", "name"],
            "portal/service": ["dp-rh", "Fecho", "'=Folha", "domain", "title", "robot"],
        }
        half = len(rows[page]) // 2
        writer.writerows([rows[page][half:], rows[page][:half]])
        gone_on(client, page, looked_at(client, page, file.getvalue()))
    assert Service.objects.get().robot == robot
    assert Domain.objects.get().name == "+Pessoal"


def test_every_wrong_line_is_told_and_nothing_is_written(owner: User, browser: Signed) -> None:
    client = browser(owner)
    lines = [
        "a@acme.example,A,viewer,yes",
        "b@,B,viewer,",
        "c@acme.example,C,nonsense,",
        "d@acme.example,D,viewer,perhaps",
    ]
    preview = looked_at(client, "accounts/user", "\n".join(["email,name,role,is_active", *lines]))
    wrong = {row.number: set(row.error_dict) for row in preview.context["result"].invalid_rows}
    assert wrong == {3: {"email"}, 4: {"role"}, 5: {"is_active"}}
    shown = preview.content.decode()
    assert "3 lines are not right" in shown
    assert "Enter a valid email address." in shown
    assert "confirm_form" not in preview.context
    assert User.objects.count() == 1


def test_what_changed_in_between_stops_all_of_it(owner: User, browser: Signed) -> None:
    client = browser(owner)
    preview = looked_at(client, "portal/domain", "slug,name\nti,TI\nrh,RH\n")
    Domain.objects.create(slug="people", name="RH")
    answer = gone_on(client, "portal/domain", preview)
    assert answer.status_code == 200
    assert "1 line is not right" in answer.content.decode()
    assert not Domain.objects.filter(slug="ti").exists()


def test_columns_with_semicolons(owner: User, browser: Signed) -> None:
    preview = looked_at(browser(owner), "portal/domain", "\ufeffslug;name\r\nti;TI, e mais\r\n")
    assert [row.diff for row in preview.context["result"].rows] == [["ti", "TI, e mais"]]


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "cp1252"])
@pytest.mark.parametrize("separator", [",", ";", "\t"])
def test_whatever_a_spreadsheet_writes(owner: User, browser: Signed, encoding: str, separator: str) -> None:
    """As people come from files over the API."""
    text = f"slug{separator}name\r\n\r\nti{separator}Técnica\r\n"
    result = looked_at(browser(owner), "portal/domain", text.encode(encoding)).context["result"]
    assert [(row.row_values["number"], row.diff) for row in result.rows] == [(3, ["ti", "Técnica"])]


@pytest.mark.parametrize(
    ("data", "told"),
    [
        (b"slug\nti\n", "Columns are missing: name."),
        (b"slug,name,password\nti,TI,x\n", "Columns that are not known: password."),
        (b"slug,name,name\nti,TI,x\n", "Columns stand there twice: name."),
        (b"slug,name\nti,TI,x\n", "The file is no table"),
        (b"slug,name\n", "no lines"),
        (b"\x00\xff\xfe", "not a table of text"),
        (b"\x00", "not a table of text"),
        (b'slug,name\nti,"TI\n', "Line 2 is not well-formed CSV."),
        (b"slug,name\n" + b"a,b\n" * 4, "more than 3 lines"),
        (b"slug,name\n" + b"a" * 200, "larger than"),
        (b"", "empty"),
    ],
)
def test_what_is_no_such_table_is_refused(
    owner: User, browser: Signed, monkeypatch: pytest.MonkeyPatch, data: bytes, told: str
) -> None:
    monkeypatch.setattr(admin_imports, "MOST_LINES", 3)
    monkeypatch.setattr(admin_imports, "MOST_BYTES", 100)
    answer = looked_at(browser(owner), "portal/domain", data)
    assert answer.status_code == 200
    assert told in " ".join(answer.context["form"].errors["import_file"])
    assert "result" not in answer.context


@pytest.mark.parametrize(
    "document", ["{", "[" * 5000, '"\\ud800"', '["list"]', '{"fields": "\\u0000"}', '{"fields": [{"key": "a\\u0000"}]}']
)
def test_documents_that_are_none(organization: Organization, owner: User, browser: Signed, document: str) -> None:
    robot_made(organization.schema_name, "Folha")
    Domain.objects.create(slug="ti", name="TI")
    file = io.StringIO(newline="")
    csv.writer(file).writerows([["domain", "title", "robot", "form_schema_json"], ["ti", "Fecho", "Folha", document]])
    answer = looked_at(browser(owner), "portal/service", file.getvalue())
    assert [set(row.error_dict) for row in answer.context["result"].invalid_rows] == [{"form_schema_json"}]


def test_lines_beyond_one_too_many_are_not_kept() -> None:
    """Each is made as wide as the headings, however short it is in the file."""
    table = admin_imports.SeparatedFormat().create_dataset(b"slug" + b",a" * 200 + b"\n" + b"x\n" * 100_000)
    assert len(table) == admin_imports.MOST_LINES + 1


def test_thousands_of_headings_are_refused(owner: User, browser: Signed) -> None:
    answer = looked_at(browser(owner), "portal/domain", ",".join(map(str, range(100_000))) + "\n1\n")
    assert "more than 256 cells" in " ".join(answer.context["form"].errors["import_file"])


def test_control_characters_in_cells(owner: User, browser: Signed) -> None:
    answer = looked_at(browser(owner), "portal/domain", "slug,name\nti,T\x07I\n")
    assert [set(row.error_dict) for row in answer.context["result"].invalid_rows] == [{"name"}]


@pytest.mark.parametrize(
    "changed",
    [
        {"import_file_name": "../../etc/passwd"},
        {"import_file_name": base64.urlsafe_b64encode(b"slug\nx\n").decode()},
        {"import_file_name": ""},
        {"import_file_name": "\x00"},
        {"format": "7"},
        {"format": "csv"},
        {"resource": "9"},
    ],
)
def test_a_changed_answer_is_refused(owner: User, browser: Signed, changed: dict[str, str]) -> None:
    client = browser(owner)
    sent = looked_at(client, "portal/domain", "slug,name\nti,TI\n").context["confirm_form"].initial | changed
    assert client.post("/admin/portal/domain/process_import/", sent).status_code == 200
    assert not Domain.objects.exists()


def test_an_answer_without_a_question_leads_to_it(owner: User, browser: Signed) -> None:
    answer = browser(owner).get("/admin/portal/domain/process_import/")
    assert (answer.status_code, answer["Location"]) == (302, "/admin/portal/domain/import/")


def test_more_invitations_than_may_be_sent(owner: User, browser: Signed, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(settings, "ENV", settings.ENV.model_copy(update={"rate_limit_import_invitation": "1/hour"}))
    client = browser(owner)
    make_user("vera@acme.example", "viewer")
    preview = looked_at(client, "accounts/user", PEOPLE + "third@acme.example,C,viewer,\n")
    answer = gone_on(client, "accounts/user", preview)
    assert answer["Location"] == "/admin/accounts/user/import/"
    assert "2 invitations" in texts(answer)[0]
    assert User.objects.count() == 2


def test_who_may_not_write_the_rows_may_not_import_them(viewer: User, browser: Signed) -> None:
    client = browser(viewer)
    assert "/admin/portal/service/import/" not in client.get("/admin/portal/service/").content.decode()
    for page in PAGES:
        assert client.get(f"/admin/{page}/import/").status_code == 403
        assert looked_at(client, page, "slug,name\nti,TI\n").status_code == 403
        assert client.post(f"/admin/{page}/process_import/", {}).status_code == 403
        assert client.get(f"/admin/{page}/process_import/").status_code == 403


def test_people_of_the_platform_come_from_files_too(organization: Organization) -> None:
    """The page is the same one; nobody of an organization gets there."""
    answer = Client(SERVER_NAME="localhost").get("/admin/accounts/user/import/")
    assert (answer.status_code, "/login/" in answer["Location"]) == (302, True)


def test_nothing_is_read_of_a_file_of_who_may_not(viewer: User, browser: Signed) -> None:
    client = proven(browser(viewer))
    for page in ("import", "process_import"):
        answer, stream = arriving(client, f"/admin/portal/domain/{page}/", {"format": "0"}, lambda: None)
        assert (answer.status_code, stream.sent) == (403, False)


def test_who_is_signed_out_while_a_file_comes_imports_nothing(owner: User, browser: Signed) -> None:
    client, going_on = proven(browser(owner)), "/admin/portal/domain/process_import/"
    sent = looked_at(client, "portal/domain", "slug,name\nti,TI\n").context["confirm_form"].initial
    answer, stream = arriving(client, going_on, sent, lambda: Session.objects.update(revoked_at=timezone.now()))
    assert (answer.status_code, answer["Location"]) == (302, f"/admin/login/?next={going_on}")
    assert stream.sent
    assert not Domain.objects.exists()


@pytest.mark.parametrize(
    ("page", "text"),
    [
        ("portal/domain", "slug,name\nti,TI\n"),
        ("portal/service", "domain,title,robot\nti,Fecho,Folha\n"),
        ("accounts/user", "email,name,role\na@acme.example,A,viewer\n"),
    ],
)
def test_one_file_of_an_organization_at_a_time(owner: User, browser: Signed, page: str, text: str) -> None:
    """Each keeps a thread of the process busy for up to a minute, a mere look at it too."""
    client = browser(owner)
    with table_turn():
        answer = looked_at(client, page, text)
        assert (answer.status_code, answer["Location"]) == (302, f"/admin/{page}/import/")
        assert texts(answer) == ["Too many requests; try again later."]
    assert looked_at(client, page, text).status_code == 200
