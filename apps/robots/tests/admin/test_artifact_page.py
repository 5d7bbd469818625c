"""Files of runs in the back-office: whose they are, and the ways into them."""

from __future__ import annotations

from uuid import uuid4

import pytest

from apps.accounts.models import TagGrant, User
from apps.executions.models import Artifact
from apps.robots.models import Run
from apps.robots.tests.admin.conftest import Browser

LIST = "/admin/executions/artifact/"


@pytest.fixture
def artifact(run: Run) -> Artifact:
    return Artifact.objects.create(
        execution=run.execution,
        name="chart.png",
        content_type="image/png",
        size=2048,
        storage_name="x",
        sha256="0" * 64,
    )


def test_it_works(viewer: User, browser: Browser, artifact: Artifact, run: Run) -> None:
    client = browser(viewer)
    page = client.get(LIST).content.decode()
    assert f'<a class="office-to" href="/admin/robots/run/{run.pk}/change/">{run.robot.name}</a>' in page
    page = client.get(f"{LIST}{artifact.pk}/change/").content.decode()
    assert f'href="/portal/runs/{run.pk}/artifacts/{artifact.pk}/"' in page
    assert f'src="/api/v1/runs/{run.pk}/artifacts/{artifact.pk}/download"' in page


def test_without_the_right_to_download_nothing_leads_to_the_file(
    viewer: User, browser: Browser, artifact: Artifact
) -> None:
    TagGrant.objects.create(user=viewer, action="artifact.download", scope_tag="elsewhere")
    answer = browser(viewer).get(f"{LIST}{artifact.pk}/change/")
    assert answer.status_code == 200
    assert "/download" not in answer.content.decode()


def test_files_of_runs_that_may_not_be_seen_stand_nowhere(viewer: User, browser: Browser, artifact: Artifact) -> None:
    TagGrant.objects.create(user=viewer, action="run.read", scope_tag="elsewhere")
    client = browser(viewer)
    assert artifact.name not in client.get(LIST).content.decode()
    assert client.get(f"{LIST}{artifact.pk}/change/").status_code == 302


def test_without_the_right_to_read_runs_it_is_403(stranger: User, browser: Browser, artifact: Artifact) -> None:
    assert browser(stranger).get(LIST).status_code == 403


def test_of_one_that_is_not_there_no_id_is_repeated(viewer: User, browser: Browser) -> None:
    missing = uuid4()
    page = browser(viewer).get(f"{LIST}{missing}/change/", follow=True).content.decode()
    assert "There is no such artifact; perhaps it was deleted." in page
    assert str(missing) not in page
