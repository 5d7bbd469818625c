"""The catalogue in the back-office: written through the services, so the same rules and the same ledger."""

from __future__ import annotations

import json
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils.html import strip_tags

from apps.accounts.models import User
from apps.events.models import Event
from apps.portal.models import Domain, Service, ServiceRevision
from apps.portal.tests.conftest import FORM, TEMPLATE, Browser, MakeService
from apps.robots.models import Robot


@pytest.fixture
def filled(domain: Domain, robot: Robot) -> dict[str, Any]:
    return {
        "title": "Fechamento",
        "domain": str(domain.pk),
        "robot": str(robot.pk),
        "enabled": "on",
        "form_schema_json": json.dumps(FORM),
        "run_template_json": json.dumps(TEMPLATE),
    }


def test_it_works(owner: User, browser: Browser, filled: dict[str, Any]) -> None:
    client = browser(owner)
    assert client.get("/admin/portal/service/add/").status_code == 200
    assert client.post("/admin/portal/service/add/", filled).status_code == 302
    service = Service.objects.get()
    assert (service.title, service.revision, service.form_schema_json) == ("Fechamento", 1, FORM)
    assert Event.objects.get(name="service.created").actor_id == str(owner.pk)

    page = f"/admin/portal/service/{service.pk}/change/"
    assert client.get(page).status_code == 200
    assert client.post(page, filled | {"title": "Fecho"}).status_code == 302
    assert Service.objects.get().revision == 2
    assert ServiceRevision.objects.count() == 2


def test_what_was_saved_is_told_by_its_name(owner: User, browser: Browser, filled: dict[str, Any]) -> None:
    client = browser(owner)
    assert "The service “Fechamento” was added" in told(client.post("/admin/portal/service/add/", filled, follow=True))
    page = f"/admin/portal/service/{Service.objects.get().pk}/change/"
    assert "The service “Fecho” was changed" in told(client.post(page, filled | {"title": "Fecho"}, follow=True))


def told(answer: Any) -> str:
    """What the page says at its head, as text."""
    return " ".join(strip_tags(str(message)) for message in answer.context["messages"])


def test_a_service_leads_to_its_page_in_the_portal(owner: User, browser: Browser, service: Service) -> None:
    page = browser(owner).get(f"/admin/portal/service/{service.pk}/change/").content.decode()
    assert f'href="/portal/services/{service.pk}/"' in page
    assert "active version of the robot" in page  # no dashes for what is used where none is chosen


@pytest.mark.parametrize("model", ["domain", "service", "servicerevision"])
def test_lists_and_objects_are_shown(model: str, owner: User, browser: Browser, service: Service) -> None:
    client = browser(owner)
    shown = {"domain": service.domain, "service": service, "servicerevision": service.revisions.get()}[model]
    assert client.get(f"/admin/portal/{model}/?q=f").status_code == 200
    assert client.get(f"/admin/portal/{model}/{shown.pk}/change/").status_code == 200


def test_what_a_service_refuses_stands_at_its_field_and_nothing_is_lost(
    owner: User, browser: Browser, filled: dict[str, Any]
) -> None:
    broken = filled | {"run_template_json": json.dumps({"mapping": {"runtime_arguments": ["{nope}"]}})}
    answer = browser(owner).post("/admin/portal/service/add/", broken)
    form = answer.context["adminform"].form
    assert form.errors == {"run_template_json": ["mapping.runtime_arguments[0]: unknown field 'nope'."]}
    assert form["title"].value() == "Fechamento"
    assert not Service.objects.exists()


@pytest.mark.parametrize("document", ["{", "[" * 5000, '"\\ud800"', '["list"]'])
def test_documents_that_are_none_are_refused(
    owner: User, browser: Browser, filled: dict[str, Any], document: str
) -> None:
    for name in ("form_schema_json", "run_template_json"):
        answer = browser(owner).post("/admin/portal/service/add/", filled | {name: document})
        assert answer.status_code == 200
        assert name in answer.context["adminform"].form.errors
    assert not Service.objects.exists()


def test_the_same_title_again(owner: User, browser: Browser, filled: dict[str, Any], service: Service) -> None:
    answer = browser(owner).post("/admin/portal/service/add/", filled)
    assert answer.context["adminform"].form.errors.keys() == {"title"}


@pytest.mark.parametrize("many", [5, 50])
def test_a_list_costs_the_same_whatever_its_length(
    owner: User, browser: Browser, make_service: MakeService, many: int
) -> None:
    for number in range(many):
        make_service(title=f"Fechamento {number}")
    client = browser(owner)
    client.get("/admin/portal/service/")
    with CaptureQueriesContext(connection) as queries:
        assert client.get("/admin/portal/service/").status_code == 200
    assert len(queries) == 7, [query["sql"] for query in queries]


def test_switching_off_many(owner: User, browser: Browser, service: Service) -> None:
    chosen = {"action": "disable", "_selected_action": [str(service.pk)]}
    browser(owner).post("/admin/portal/service/", chosen)
    stored = Service.objects.get()
    assert (stored.enabled, stored.revision) == (False, 2)


def test_a_domain(owner: User, browser: Browser) -> None:
    client = browser(owner)
    assert client.post("/admin/portal/domain/add/", {"name": "Folha", "slug": "folha"}).status_code == 302
    domain = Domain.objects.get()
    page = f"/admin/portal/domain/{domain.pk}/change/"
    assert client.post(page, {"name": "Pessoal", "slug": "folha"}).status_code == 302
    assert Domain.objects.get().name == "Pessoal"
    assert Event.objects.filter(name__startswith="domain.").count() == 2


def test_no_right_to_write(viewer: User, browser: Browser, service: Service, filled: dict[str, Any]) -> None:
    client = browser(viewer)
    assert client.get("/admin/portal/service/").status_code == 200
    assert client.get("/admin/portal/service/add/").status_code == 403
    assert client.post(f"/admin/portal/service/{service.pk}/change/", filled).status_code == 403
    assert client.get("/admin/portal/servicerevision/").status_code == 403
    assert Service.objects.get().revision == 1


def test_who_may_not_write_reads_a_form_and_no_json(viewer: User, browser: Browser, service: Service) -> None:
    page = browser(viewer).get(f"/admin/portal/service/{service.pk}/change/").content.decode()
    assert service.form_schema_json["fields"][0]["label"] in page
    assert '"fields"' not in page


def test_no_right_to_read(stranger: User, browser: Browser, service: Service) -> None:
    assert browser(stranger).get("/admin/portal/service/").status_code == 403


def test_a_revision_is_told_in_the_words_of_the_form(owner: User, browser: Browser, service: Service) -> None:
    revision = service.revisions.get()
    page = browser(owner).get(f"/admin/portal/servicerevision/{revision.pk}/change/").content.decode()
    assert f"{service.title} · 1" in page
    assert f"<dt>Robot</dt><dd>{service.robot.name}</dd>" in page
    assert "robot_id" not in page
