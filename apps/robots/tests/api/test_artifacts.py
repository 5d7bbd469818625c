from __future__ import annotations

import uuid
from typing import Any

import pytest

from apps.accounts.models import User
from apps.executions.models import Artifact
from apps.robots.models import Robot, RobotVersion, Run
from apps.robots.tests.api.guarded import Clients, Guarded
from apps.robots.tests.factories import artifact_made, robot_made, run_made
from apps.tenants.models import Organization
from apps.tenants.storage import tenant_storage

CONTENT = bytes(range(256)) * 1000


@pytest.fixture
def artifact(run: Run) -> Artifact:
    return artifact_made(run, CONTENT, "sub/relatório final.csv", content_type="text/csv")


class TestListPermissions(Guarded):
    sees = "run.read"

    @pytest.fixture
    def url(self, run: Run) -> str:
        return f"/api/v1/runs/{run.pk}/artifacts"


@pytest.fixture
def url(run: Run, artifact: Artifact) -> str:
    return f"/api/v1/runs/{run.pk}/artifacts/{artifact.pk}/download"


class TestDownloadPermissions(Guarded):
    sees = "run.read"


def test_it_works(client_of: Clients, viewer: User, run: Run, artifact: Artifact) -> None:
    body = client_of(viewer).get(f"/api/v1/runs/{run.pk}/artifacts").json()
    assert [(entry["name"], entry["size"]) for entry in body["artifacts"]] == [(artifact.name, len(CONTENT))]
    assert body["artifacts"][0]["sha256"] == artifact.sha256


@pytest.mark.usefixtures("bucket_storage")
def test_download_from_a_bucket(client_of: Clients, viewer: User, artifact: Artifact, url: str) -> None:
    assert client_of(viewer).get(url).getvalue() == CONTENT
    assert client_of(viewer).get(url, headers={"Range": "bytes=10-19"}).getvalue() == CONTENT[10:20]
    tenant_storage.delete(artifact.storage_name)
    assert client_of(viewer).get(url).status_code == 404


def test_download_of_a_file_that_is_gone(client_of: Clients, viewer: User, artifact: Artifact, url: str) -> None:
    tenant_storage.delete(artifact.storage_name)
    answer = client_of(viewer).get(url)
    assert (answer.status_code, answer.json()["error_code"]) == (404, "artifact_not_found")


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ({}, ["a.csv", "b.csv", "c.txt"]),
        ({"ordering": "-name", "limit": "2"}, ["c.txt", "b.csv"]),
        ({"ordering": "-size"}, ["b.csv", "c.txt", "a.csv"]),
        ({"ordering": "created_at"}, ["c.txt", "a.csv", "b.csv"]),
        ({"search": ".CSV", "page": "2", "limit": "1"}, ["b.csv"]),
    ],
)
def test_pages(client_of: Clients, viewer: User, run: Run, query: dict[str, str], expected: list[str]) -> None:
    for name, size in (("c.txt", 2), ("a.csv", 1), ("b.csv", 3)):
        artifact_made(run, b"x" * size, name)
    body = client_of(viewer).get(f"/api/v1/runs/{run.pk}/artifacts", query).json()
    assert [entry["name"] for entry in body["artifacts"]] == expected
    assert body["pagination"]["total"] == (2 if "search" in query else 3)


@pytest.mark.parametrize("query", [{"ordering": "sha256"}, {"limit": "0"}, {"nome": "a"}])
def test_wrong_query(client_of: Clients, viewer: User, run: Run, query: dict[str, str]) -> None:
    assert client_of(viewer).get(f"/api/v1/runs/{run.pk}/artifacts", query).status_code == 422


def test_download(client_of: Clients, viewer: User, artifact: Artifact, url: str) -> None:
    answer = client_of(viewer).get(url)
    assert answer.status_code == 200
    assert answer.getvalue() == CONTENT
    assert answer["Content-Type"] == "text/csv"
    assert answer["Content-Length"] == str(len(CONTENT))
    assert answer["X-Content-Type-Options"] == "nosniff"
    assert answer["Accept-Ranges"] == "bytes"
    disposition = answer["Content-Disposition"]
    assert disposition.startswith("attachment; ")
    assert "filename*=utf-8''relat%C3%B3rio%20final.csv" in disposition


@pytest.mark.parametrize("accepted", ["text/csv", "image/png", "text/html", "application/json", "*/*"])
def test_a_file_is_what_it_is_whatever_is_accepted(client_of: Clients, viewer: User, url: str, accepted: str) -> None:
    answer = client_of(viewer).get(url, headers={"Accept": accepted})
    assert (answer.status_code, answer["Content-Type"]) == (200, "text/csv")


@pytest.mark.parametrize(
    ("wanted", "first", "last"),
    [
        ("bytes=0-0", 0, 0),
        ("bytes=10-19", 10, 19),
        ("bytes=255990-", 255_990, 255_999),
        ("bytes=-5", 255_995, 255_999),
        ("bytes=255999-999999999", 255_999, 255_999),
        ("bytes=-999999999", 0, 255_999),
    ],
)
def test_ranges(client_of: Clients, viewer: User, url: str, wanted: str, first: int, last: int) -> None:
    answer = client_of(viewer).get(url, headers={"Range": wanted})
    assert answer.status_code == 206
    assert answer["Content-Range"] == f"bytes {first}-{last}/{len(CONTENT)}"
    assert answer.getvalue() == CONTENT[first : last + 1]


@pytest.mark.parametrize("wanted", ["bytes=256000-", "bytes=999999-1000000", "bytes=-0"])
def test_ranges_outside(client_of: Clients, viewer: User, url: str, wanted: str) -> None:
    answer = client_of(viewer).get(url, headers={"Range": wanted})
    assert answer.status_code == 416
    assert answer["Content-Range"] == f"bytes */{len(CONTENT)}"


@pytest.mark.parametrize("wanted", ["lines=1-2", "bytes=1-2,4-5", "bytes=5-2", "bytes=-", "nonsense", "bytes=a-b"])
def test_ranges_that_are_ignored(client_of: Clients, viewer: User, url: str, wanted: str) -> None:
    assert client_of(viewer).get(url, headers={"Range": wanted}).status_code == 200


def test_if_range(client_of: Clients, viewer: User, url: str) -> None:
    client = client_of(viewer)
    tag = client.get(url)["ETag"]
    assert client.get(url, headers={"Range": "bytes=0-1", "If-Range": tag}).status_code == 206
    assert client.get(url, headers={"Range": "bytes=0-1", "If-Range": '"other"'}).status_code == 200


def test_who_has_it_already_gets_no_body(client_of: Clients, viewer: User, url: str) -> None:
    client = client_of(viewer)
    tag = client.get(url)["ETag"]
    for seen in (tag, f'"other", {tag}', "*"):
        answer = client.get(url, headers={"If-None-Match": seen, "Range": "bytes=0-1"})
        assert (answer.status_code, answer["ETag"], answer.content) == (304, tag, b""), seen
    assert client.get(url, headers={"If-None-Match": '"other"'}).status_code == 200


def test_what_a_browser_keeps_stays_confined(client_of: Clients, viewer: User, url: str) -> None:
    """Headers of a 304 come in the place of those that were kept with the file."""
    first, second = client_of(viewer).get(url), client_of(viewer).get(url, headers={"If-None-Match": "*"})
    for name in ("Content-Security-Policy", "Cache-Control", "X-Content-Type-Options", "ETag"):
        assert second[name] == first[name]
    assert second["Content-Security-Policy"].endswith("; sandbox")


def test_a_tag_tells_nothing_to_who_may_not(
    client_of: Clients, viewer: User, foreigner: User, organization: Organization, url: str, grant: Any
) -> None:
    tag = client_of(viewer).get(url)["ETag"]
    grant(viewer, "artifact.download", robot_made(organization.schema_name, "Other"))
    for seen in (tag, "*"):
        told = [client_of(who).get(url, headers={"If-None-Match": seen}).status_code for who in (foreigner, viewer)]
        assert told == [404, 403]


def test_an_empty_file(client_of: Clients, viewer: User, run: Run) -> None:
    empty = artifact_made(run, b"", "empty.txt")
    answer = client_of(viewer).get(f"/api/v1/runs/{run.pk}/artifacts/{empty.pk}/download")
    assert (answer.status_code, answer.getvalue()) == (200, b"")


def test_seen_but_not_to_be_downloaded(
    client_of: Clients, viewer: User, organization: Organization, url: str, grant: Any
) -> None:
    grant(viewer, "artifact.download", robot_made(organization.schema_name, "Other"))
    assert client_of(viewer).get(url).status_code == 403


def test_of_another_run(
    client_of: Clients,
    viewer: User,
    organization: Organization,
    robot: Robot,
    version: RobotVersion,
    artifact: Artifact,
) -> None:
    other = run_made(organization.schema_name, robot)
    answer = client_of(viewer).get(f"/api/v1/runs/{other.pk}/artifacts/{artifact.pk}/download")
    assert (answer.status_code, answer.json()["error_code"]) == (404, "artifact_not_found")


def test_unknown(client_of: Clients, viewer: User, run: Run) -> None:
    assert client_of(viewer).get(f"/api/v1/runs/{run.pk}/artifacts/{uuid.uuid4()}/download").status_code == 404


def test_a_small_file_keeps_no_thread_for_its_reader(
    client_of: Clients, viewer: User, url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert not client_of(viewer).get(url).streaming
    monkeypatch.setattr("apps.robots.api.downloads.AT_ONCE_BYTES", len(CONTENT) - 1)
    large = client_of(viewer).get(url)
    assert (large.streaming, large.getvalue()) == (True, CONTENT)
