from __future__ import annotations

import hashlib
import io
import stat
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.utils import timezone
from rest_framework.response import Response
from rest_framework.test import APIClient

from apps.accounts.backends import PATH
from apps.accounts.models import Session, User
from apps.accounts.services.grants import grant_add
from apps.common.testing import Arriving, arriving, proven
from apps.events.models import Event
from apps.robots.models import Robot, RobotVersion
from apps.robots.services.robots import robot_archive
from apps.robots.tests import archives
from apps.robots.tests.api.guarded import Clients, Guarded
from apps.robots.tests.factories import robot_made, system, uploaded, version_made, zip_of
from apps.tenants.models import Organization
from apps.tenants.storage import tenant_storage

Files = Callable[[], set[Path]]


@pytest.fixture
def url(robot: Robot) -> str:
    return f"/api/v1/robots/{robot.pk}/versions/publish"


@pytest.fixture
def publish(client_of: Clients, maintainer: User, url: str) -> Callable[..., Any]:
    """Publishes as the maintainer; fields are keywords."""

    def call(**fields: Any) -> Response:
        return client_of(maintainer).post(
            url, {"version": "1.0.0", "artifact": uploaded()} | fields, format="multipart"
        )

    return call


class TestPermissions(Guarded):
    method = "post"
    format = "multipart"
    without = ("stranger", "viewer", "teammate")

    def call(self, client: APIClient, url: str) -> int:
        answer = client.post(url, {"version": "1.0.0", "artifact": uploaded()}, format="multipart")
        assert not RobotVersion.objects.exists()
        return int(answer.status_code)


def uploading(client: Any, url: str, happens: Callable[[], object]) -> tuple[Any, Arriving]:
    return arriving(client, url, {"version": "1.0.0", "artifact": uploaded()}, happens)


@pytest.fixture
def browser(organization: Organization) -> Callable[[User], Client]:
    """A browser of somebody signed in, which sends the header that pages of others cannot."""

    def signed_in(user: User) -> Client:
        client: Client = proven(Client(SERVER_NAME=f"{organization.slug}.localhost"))
        client.force_login(user, backend=PATH)
        return client

    return signed_in


def test_nothing_is_read_of_who_may_not(client_of: Clients, viewer: User, url: str) -> None:
    answer, stream = uploading(client_of(viewer), url, lambda: None)
    assert (answer.status_code, stream.sent) == (403, False)


def test_who_was_switched_off_while_it_came_publishes_nothing(client_of: Clients, maintainer: User, url: str) -> None:
    answer, stream = uploading(
        client_of(maintainer), url, lambda: User.objects.filter(pk=maintainer.pk).update(is_active=False)
    )
    assert (answer.status_code, stream.sent) == (401, True)
    assert not RobotVersion.objects.exists()


def test_whose_browser_was_signed_out_while_it_came_publishes_nothing(
    maintainer: User, browser: Callable[[User], Client], url: str
) -> None:
    client = browser(maintainer)
    answer, stream = uploading(client, url, lambda: Session.objects.update(revoked_at=timezone.now()))
    assert (answer.status_code, stream.sent) == (401, True)
    assert not RobotVersion.objects.exists()


def test_a_browser_publishes(maintainer: User, browser: Callable[[User], Client], url: str) -> None:
    answer, _stream = uploading(browser(maintainer), url, lambda: None)
    assert answer.status_code == 201, answer.json()


def test_nothing_is_read_of_a_browser_whose_person_may_not(
    viewer: User, browser: Callable[[User], Client], url: str
) -> None:
    answer, stream = uploading(browser(viewer), url, lambda: None)
    assert (answer.status_code, stream.sent) == (403, False)


def test_nothing_is_read_of_a_form_that_stands_elsewhere(
    maintainer: User, browser: Callable[[User], Client], url: str
) -> None:
    client = browser(maintainer)
    del client.defaults["HTTP_X_CSRFTOKEN"]
    answer, stream = uploading(client, url, lambda: None)
    assert (answer.status_code, answer.json()["error_code"], stream.sent) == (403, "csrf_failed", False)


def test_a_form_of_a_browser_that_is_none(maintainer: User, browser: Callable[[User], Client], url: str) -> None:
    answer = browser(maintainer).generic("POST", url, "nonsense", content_type="multipart/form-data")
    assert (answer.status_code, answer.json()["error_code"]) == (400, "malformed_multipart")


def test_who_was_narrowed_while_it_came_publishes_nothing_elsewhere(
    client_of: Clients, maintainer: User, organization: Organization, url: str
) -> None:
    def narrowed() -> None:
        other, actor = robot_made(organization.schema_name, "Other"), system(organization.schema_name)
        grant_add(actor=actor, action="robot.publish", holder=maintainer, resource=other, now=timezone.now())

    answer, stream = uploading(client_of(maintainer), url, narrowed)
    assert (answer.status_code, stream.sent) == (403, True)
    assert not RobotVersion.objects.exists()


def test_it_works(publish: Callable[..., Any], robot: Robot, maintainer: User) -> None:
    package = zip_of({"main.py": "print(1)", "lib/a.py": "A = 1\n"})
    answer = publish(
        artifact=SimpleUploadedFile("fechamento.zip", package),
        channel="stable",
        entrypoint_path="main.py",
        arguments_json='["--mes", "2026-02"]',
        env_vars_json='{"REGION": "sul"}',
        required_env_keys_json='["API_URL"]',
        working_directory="./lib/",
        changelog="Primeira",
        commit_sha="0a1b2c3d",
        branch="main",
        build_url="https://ci.example/1",
    )
    assert answer.status_code == 201, answer.json()
    body = answer.json()
    digest = hashlib.sha256(package).hexdigest()
    expected = {
        "robot_id": str(robot.pk),
        "version": "1.0.0",
        "channel": "stable",
        "artifact_type": "ZIP",
        "artifact_name": "fechamento.zip",
        "artifact_sha256": digest,
        "artifact_size": len(package),
        "entrypoint_type": "PYTHON",
        "entrypoint_path": "main.py",
        "arguments": ["--mes", "2026-02"],
        "env_vars": {"REGION": "sul"},
        "required_env_keys": ["API_URL"],
        "working_directory": "lib",
        "changelog": "Primeira",
        "commit_sha": "0a1b2c3d",
        "branch": "main",
        "build_url": "https://ci.example/1",
        "created_by": maintainer.email,
        "is_active": True,
        "release_tags": ["latest", "stable"],
    }
    assert {name: body[name] for name in expected} == expected
    stored = RobotVersion.objects.get(pk=body["id"])
    with tenant_storage.open(stored.storage_name) as file:
        assert hashlib.sha256(file.read()).hexdigest() == digest
    assert set(Event.objects.filter(name__startswith="version.").values_list("name", flat=True)) == {
        "version.published",
        "version.activated",
    }


def test_a_single_python_file_is_its_own_entrypoint(publish: Callable[..., Any]) -> None:
    body = publish(artifact=uploaded(name="relatorio.py")).json()
    assert body["entrypoint_path"] == "relatorio.py"
    assert body["artifact_type"] == "PY"


@pytest.mark.parametrize(
    ("name", "content", "given", "expected"),
    [
        ("tool.exe", b"MZ\x90\x00", {}, "EXE"),
        ("tool", b"\x7fELF", {}, "EXE"),
        ("main.sh", b"echo hi\n", {}, "SHELL"),
        ("suite.robot", b"*** Test Cases ***\n", {}, "ROBOT"),
        ("main.py", b"print(1)\n", {}, "PYTHON"),
        ("main.zip", zip_of({"main.py": ""}), {}, "PYTHON"),
        ("main.zip", zip_of({"start.sh": ""}), {"entrypoint_path": "start.sh"}, "SHELL"),
        ("main.zip", zip_of({"start.sh": ""}), {"entrypoint_path": "start.sh", "entrypoint_type": "EXE"}, "EXE"),
        ("tool", b"#!/usr/bin/env python3\n", {"entrypoint_type": "PYTHON"}, "PYTHON"),
    ],
)
def test_the_type_follows_from_the_file_unless_it_is_given(
    publish: Callable[..., Any], name: str, content: bytes, given: dict[str, str], expected: str
) -> None:
    answer = publish(artifact=uploaded(content, name), **given)
    assert answer.status_code == 201, answer.json()
    assert answer.json()["entrypoint_type"] == expected


def test_a_large_file_is_stored_whole(publish: Callable[..., Any]) -> None:
    content = b"\x7fELF" + bytes(range(256)) * 20_000
    answer = publish(artifact=uploaded(content, "robot.bin"), entrypoint_type="EXE")
    assert answer.status_code == 201, answer.json()
    assert answer.json()["artifact_sha256"] == hashlib.sha256(content).hexdigest()
    assert answer.json()["artifact_size"] == len(content)


@pytest.mark.parametrize("number", ["1.0.0", "0.0.1", "2.1.0-rc.1", "1.0.0+build.5", "1.0.0-alpha+001"])
def test_semantic_versions(publish: Callable[..., Any], number: str) -> None:
    assert publish(version=number).json()["version"] == number


def test_without_activation(publish: Callable[..., Any], organization: Organization, robot: Robot) -> None:
    first = version_made(organization.schema_name, robot, version="0.9.0")
    assert publish(activate="false").json()["is_active"] is False
    first.refresh_from_db()
    assert first.is_active


def test_release_tags_move(publish: Callable[..., Any]) -> None:
    publish(version="1.0.0")
    publish(version="1.1.0-beta", channel="beta")
    tags = dict(RobotVersion.objects.values_list("version", "release_tags"))
    assert tags == {"1.0.0": ["stable"], "1.1.0-beta": ["latest"]}
    publish(version="1.1.0")
    tags = dict(RobotVersion.objects.values_list("version", "release_tags"))
    assert tags == {"1.0.0": [], "1.1.0-beta": [], "1.1.0": ["latest", "stable"]}
    assert RobotVersion.objects.filter(is_active=True).count() == 1


def test_the_same_version_again(publish: Callable[..., Any], stored_files: Files) -> None:
    publish()
    before = stored_files()
    answer = publish(artifact=uploaded("print(2)"))
    assert answer.status_code == 400
    assert answer.json()["error_code"] == "version_exists"
    assert "version" in answer.json()["errors"]
    assert stored_files() == before


@pytest.mark.parametrize(
    "number", ["", "1", "1.0", "v1.0.0", "01.0.0", "1.02.0", "1.0.0-01", "1.0.0-", " 1.0.0", "1.0.0.0", "a.b.c"]
)
def test_bad_version_number(publish: Callable[..., Any], stored_files: Files, number: str) -> None:
    before = stored_files()
    answer = publish(version=number)
    assert answer.status_code == 400, answer.json()
    assert (answer.json()["error_code"], list(answer.json()["errors"])) == ("invalid_version_number", ["version"])
    assert stored_files() == before


def test_bad_channel(publish: Callable[..., Any]) -> None:
    answer = publish(channel="nightly")
    assert answer.status_code == 400
    assert answer.json()["error_code"] == "invalid_channel"


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("arguments_json", "["),
        ("arguments_json", '{"a": 1}'),
        ("arguments_json", "[1]"),
        ("env_vars_json", "{'a': 1}"),
        ("env_vars_json", "[]"),
        ("env_vars_json", '{"A": 1}'),
        ("required_env_keys_json", "{}"),
        ("required_env_keys_json", '"A"'),
        ("env_vars_json", '{"not a name": "x"}'),
        ("env_vars_json", '{"PATH": "/evil"}'),
        ("env_vars_json", '{"OFICINA_RUN_ID": "x"}'),
        ("required_env_keys_json", '["LD_PRELOAD"]'),
        ("arguments_json", '["a\\u0000b"]'),
        ("env_vars_json", '{"A": "\\u0000"}'),
        ("commit_sha", "not hex"),
        ("build_url", "javascript:alert(1)"),
        ("working_directory", "nowhere"),
        ("working_directory", "../.."),
    ],
)
def test_bad_description(publish: Callable[..., Any], stored_files: Files, field: str, value: str) -> None:
    before = stored_files()
    answer = publish(**{field: value})
    assert answer.status_code == 400, answer.json()
    assert field in answer.json()["errors"]
    assert not RobotVersion.objects.exists()
    assert stored_files() == before


@pytest.mark.parametrize("field", ["version", "artifact"])
def test_missing_field(client_of: Clients, maintainer: User, url: str, field: str) -> None:
    body: dict[str, Any] = {"version": "1.0.0", "artifact": uploaded()}
    del body[field]
    answer = client_of(maintainer).post(url, body, format="multipart")
    assert answer.status_code == 422
    assert list(answer.json()["errors"]) == [field]


@pytest.mark.parametrize(
    "fields",
    [
        {"entrypoint_type": "JAVA"},
        {"activate": "perhaps"},
        {"versao": "1"},
        {"artifact": "not a file"},
        {"artifact": uploaded(b"")},
        {"version": ["1.0.0", "2.0.0"]},
    ],
)
def test_wrong_shape(publish: Callable[..., Any], fields: dict[str, Any]) -> None:
    assert publish(**fields).status_code == 422


def test_json_is_not_taken(client_of: Clients, maintainer: User, url: str) -> None:
    assert client_of(maintainer).post(url, {"version": "1.0.0"}, format="json").status_code == 415


def test_a_form_that_is_none(client_of: Clients, maintainer: User, url: str) -> None:
    answer = client_of(maintainer).generic("POST", url, "nonsense", content_type="multipart/form-data")
    assert answer.status_code == 400


def hostile_archives() -> list[tuple[str, bytes, str]]:
    """What must not be published: a name for the case, the bytes, the entry the refusal must name."""
    link = archives.entry_with_mode("link.py", stat.S_IFLNK | 0o777)
    deep = archives.zip_of({"main.py": "x", "data.bin": b"0" * 40_000_000}).getvalue()
    return [
        ("traversal", zip_of({"main.py": "x", "../evil.py": "x"}), "../evil.py"),
        ("inner traversal", zip_of({"main.py": "x", "a/../../b.py": "x"}), "a/../../b.py"),
        ("absolute path", zip_of({"main.py": "x", "/etc/passwd": "x"}), "/etc/passwd"),
        ("windows path", zip_of({"main.py": "x", "C:\\evil.py": "x"}), "C:"),
        ("symbolic link", archives.zip_with(link, b"/etc/passwd").getvalue(), "link.py"),
        ("ratio bomb", deep, "data.bin"),
        ("missing entrypoint", zip_of({"other.py": "x"}), "main.py"),
        ("overlap", archives.overlapping_zip().getvalue(), ""),
        ("damaged", zip_of({"main.py": "x" * 500})[:-30], ""),
        ("no zip at all", b"just text", ""),
    ]


@pytest.mark.parametrize(
    ("content", "entry"), [pytest.param(content, entry, id=name) for name, content, entry in hostile_archives()]
)
def test_hostile_archives(publish: Callable[..., Any], stored_files: Files, content: bytes, entry: str) -> None:
    before = stored_files()
    answer = publish(artifact=SimpleUploadedFile("package.zip", content))
    assert answer.status_code == 400, answer.json()
    assert entry in answer.json()["detail"]
    assert not RobotVersion.objects.exists()
    assert stored_files() == before


@pytest.mark.filterwarnings("ignore:Duplicate name")
def test_duplicate_names_in_the_archive(publish: Callable[..., Any]) -> None:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        archive.writestr("main.py", "a")
        archive.writestr("Main.py", "b")
    answer = publish(artifact=SimpleUploadedFile("package.zip", buffer.getvalue()))
    assert answer.status_code == 400
    assert "Main.py" in answer.json()["detail"]


def test_too_many_files(publish: Callable[..., Any], settings: Any) -> None:
    settings.ENV = settings.ENV.model_copy(update={"package_max_files": 3})
    files = {"main.py": "x"} | {f"{number}.txt": "x" for number in range(5)}
    answer = publish(artifact=SimpleUploadedFile("package.zip", zip_of(files)))
    assert answer.status_code == 400
    assert "3" in answer.json()["detail"]


def test_too_large(publish: Callable[..., Any], settings: Any, stored_files: Files) -> None:
    settings.ENV = settings.ENV.model_copy(update={"max_upload_bytes": 1024})
    before = stored_files()
    answer = publish(artifact=uploaded(b"\x7fELF" + b"x" * 3_000_000, "big.bin"))
    assert answer.status_code == 413
    assert stored_files() == before


def test_a_file_name_cannot_lead_elsewhere(publish: Callable[..., Any]) -> None:
    body = publish(artifact=uploaded(name="../../etc/cron.d/evil.py"), entrypoint_path="main.py").json()
    assert "/" not in body["artifact_name"]
    assert ".." not in RobotVersion.objects.get(pk=body["id"]).storage_name


def test_archived_robot(publish: Callable[..., Any], organization: Organization, robot: Robot) -> None:
    robot_archive(actor=system(organization.schema_name), robot=robot, now=timezone.now())
    assert publish().status_code == 404


def test_once_for_each_idempotency_key(client_of: Clients, maintainer: User, url: str) -> None:
    client = client_of(maintainer)

    def send() -> Any:
        body = {"version": "1.0.0", "artifact": uploaded()}
        return client.post(url, body, format="multipart", headers={"Idempotency-Key": "publish-1"})

    first, second = send(), send()
    assert (first.status_code, second.status_code) == (201, 201), second.json()
    assert second["Idempotency-Replayed"] == "true"
    assert RobotVersion.objects.count() == 1
