"""A look into the files that a run left."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from django.core.files.base import ContentFile
from django.utils import timezone

from apps.accounts.models import User
from apps.executions.models import Artifact
from apps.portal.models import Service
from apps.portal.services.runs import service_run
from apps.portal.tests.conftest import ActorOf, Browser, grant
from apps.robots.models import Robot, Run
from apps.tenants.storage import tenant_storage

Keep = Callable[[str, str, bytes], str]


@pytest.fixture
def run(teammate: User, actor: ActorOf, service: Service) -> Run:
    return service_run(actor=actor(teammate), service=service, parameters={"periodo": "2026-02"}, now=timezone.now())


@pytest.fixture
def keep(run: Run) -> Keep:
    """Keeps a file of the run; returns the address of its page."""

    def kept(name: str, content_type: str, content: bytes) -> str:
        stored = tenant_storage.save(f"artifacts/{run.pk}/{name}", ContentFile(content))
        artifact = Artifact.objects.create(
            execution_id=run.pk,
            name=name,
            content_type=content_type,
            size=len(content),
            sha256="0" * 64,
            storage_name=stored,
        )
        return f"/portal/runs/{run.pk}/artifacts/{artifact.pk}/"

    return kept


def test_it_works(teammate: User, browser: Browser, keep: Keep) -> None:
    page = browser(teammate).get(keep("sales.csv", "text/csv", b"branch;total\nCampinas;10,50\nSantos;7\n"))
    text = page.content.decode()
    assert '<th scope="col">branch</th>' in text
    assert "<td>10,50</td>" in text
    assert "/download" in text
    assert "This is only the beginning" not in text


def test_text_is_never_markup(teammate: User, browser: Browser, keep: Keep) -> None:
    page = browser(teammate).get(keep("report.html", "text/html", b"<script>alert(1)</script>")).content.decode()
    assert "&lt;script&gt;alert(1)&lt;/script&gt;" in page
    assert "<script>alert" not in page


def test_pictures_are_shown_as_pictures(teammate: User, browser: Browser, keep: Keep, run: Run) -> None:
    page = browser(teammate).get(keep("plot.svg", "image/svg+xml", b"<svg onload='alert(1)'/>")).content.decode()
    assert f'<img src="/api/v1/runs/{run.pk}/artifacts/' in page
    assert "onload" not in page


def test_only_the_beginning_is_read(teammate: User, browser: Browser, keep: Keep) -> None:
    page = browser(teammate).get(keep("big.txt", "text/plain", b"a" * 70_000 + b"THE END")).content.decode()
    assert "This is only the beginning" in page
    assert "THE END" not in page


def test_what_is_no_text_is_not_shown(teammate: User, browser: Browser, keep: Keep) -> None:
    page = browser(teammate).get(keep("data.bin", "application/octet-stream", b"\x00\x01")).content.decode()
    assert "No preview of this kind of file" in page


def test_it_needs_the_right_to_download(teammate: User, browser: Browser, keep: Keep, owner: User) -> None:
    address = keep("a.txt", "text/plain", b"secret")
    grant(teammate, "artifact.download", Robot.objects.create(name="Other", created_by=owner))
    page = browser(teammate).get(address)
    assert page.status_code == 403
    assert "secret" not in page.content.decode()


def test_one_whose_file_is_gone(teammate: User, browser: Browser, keep: Keep) -> None:
    """Retention takes the row first; who has read it before finds no file."""
    address = keep("gone.csv", "text/csv", b"branch;total\n")
    tenant_storage.delete(Artifact.objects.get().storage_name)
    page = browser(teammate).get(address)
    assert page.status_code == 404
    assert "There is no such artifact" in page.content.decode()


def test_one_that_is_not_there(teammate: User, browser: Browser, keep: Keep, run: Run) -> None:
    page = browser(teammate).get(f"/portal/runs/{run.pk}/artifacts/{run.pk}/")
    assert page.status_code == 404
