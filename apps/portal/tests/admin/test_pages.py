"""The catalogue in the back-office: written through the services, so the same rules and the same ledger."""

from __future__ import annotations

import json
from typing import Any

import pytest
from django.contrib.messages import get_messages

from apps.accounts.models import User
from apps.events.models import Event
from apps.portal.models import Domain, Service, ServiceRevision
from apps.portal.tests.conftest import FORM, TEMPLATE, Browser
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


@pytest.mark.parametrize("model", ["domain", "service", "servicerevision"])
def test_lists_and_objects_are_shown(model: str, owner: User, browser: Browser, service: Service) -> None:
    client = browser(owner)
    shown = {"domain": service.domain, "service": service, "servicerevision": service.revisions.get()}[model]
    assert client.get(f"/admin/portal/{model}/?q=f").status_code == 200
    assert client.get(f"/admin/portal/{model}/{shown.pk}/change/").status_code == 200


def test_what_a_service_refuses_is_told_and_not_saved(owner: User, browser: Browser, filled: dict[str, Any]) -> None:
    broken = filled | {"run_template_json": json.dumps({"mapping": {"runtime_arguments": ["{nope}"]}})}
    answer = browser(owner).post("/admin/portal/service/add/", broken)
    told = [str(message) for message in get_messages(answer.wsgi_request)]
    assert "mapping.runtime_arguments[0]: unknown field 'nope'." in told
    assert not Service.objects.exists()


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


def test_no_right_to_read(stranger: User, browser: Browser, service: Service) -> None:
    assert browser(stranger).get("/admin/portal/service/").status_code == 403
