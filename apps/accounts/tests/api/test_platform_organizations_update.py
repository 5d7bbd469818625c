"""GET and PUT /api/v1/tenants/{id} and its settings."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from rest_framework.test import APIClient

from apps.accounts.models import User
from apps.accounts.tests.api.platform import OTHERS, URL, root
from apps.common.ids import uuid7
from apps.events.models import Event
from apps.tenants.context import public_context, tenant_context
from apps.tenants.models import Domain, Organization
from apps.tenants.selectors import organization_current, organization_url, platform

__all__ = ["root"]
Clients = Callable[[User | None], APIClient]


def test_it_works(root: APIClient, organization: Organization) -> None:
    page = f"{URL}/{organization.pk}"
    answer = root.put(page, {"name": "Acme S.A.", "plan": "gold", "settings": {"cancellation_hours": 2}})
    assert answer.status_code == 200, answer.data
    assert answer.json() == root.get(page).json()
    stored = organization_current()
    assert (stored.name, stored.plan, stored.settings.cancellation_hours) == ("Acme S.A.", "gold", 2)
    names = ["organization.settings_changed", "organization.updated"]
    told = Event.objects.filter(name__startswith="organization.")
    assert sorted(told.values_list("name", flat=True)) == names
    assert set(told.values_list("actor_label", flat=True)) == {"platform"}
    with tenant_context("platform"):
        assert sorted(Event.objects.values_list("name", flat=True)) == names


def test_hosts(root: APIClient, organization: Organization) -> None:
    page = f"{URL}/{organization.pk}"

    def put(**body: object) -> tuple[str, list[str]]:
        shown = root.put(page, body).json()
        return shown["domain"], shown["domains"]

    assert put(domains=["b.example", "a.example"]) == ("acme.localhost", ["a.example", "acme.localhost", "b.example"])
    assert put(domain="B.example") == ("b.example", ["a.example", "acme.localhost", "b.example"])
    assert organization_url(organization).endswith("//b.example")
    assert put(domains=["a.example"]) == ("acme.localhost", ["a.example", "acme.localhost"])
    assert put(domains=[]) == ("acme.localhost", ["acme.localhost"])


def test_a_host_in_use_changes_nothing(
    root: APIClient, organization: Organization, other_organization: Organization
) -> None:
    with public_context():
        Domain.objects.create(domain="hub.rival.example", tenant=other_organization, is_primary=False)
    answer = root.put(f"{URL}/{organization.pk}", {"name": "Other", "domain": "hub.rival.example"})
    assert (answer.status_code, answer.json()["error_code"]) == (400, "domain_taken")
    assert organization_current().name == "Acme"


def test_off_and_on(root: APIClient, client_of: Clients, owner: User, organization: Organization) -> None:
    client = client_of(owner)
    for active, status in ((False, 403), (True, 200)):
        assert root.put(f"{URL}/{organization.pk}", {"is_active": active}).json()["is_active"] is active
        assert client.get("/api/v1/auth/me").status_code == status


def test_settings(root: APIClient, organization: Organization) -> None:
    page = f"{URL}/{organization.pk}/settings"
    assert root.get(page).json()["working_hours_end"] == "18:00"
    assert root.put(page, {"working_hours_end": "20:00"}).json()["working_hours_end"] == "20:00"
    assert root.put(page, {"working_hours_start": "21:00"}).status_code == 422
    changes = [{"field": "booking_interval", "old": 30, "new": 45}]
    assert root.put(f"{page}?dry_run=true", {"booking_interval": 45}).json() == {"changes": changes}
    assert root.get(page).json() == root.get(f"{URL}/{organization.pk}").json()["settings"]


def test_stale_entity_tags(root: APIClient, organization: Organization) -> None:
    for page, body in ((f"{URL}/{organization.pk}", {"plan": "x"}), (f"{URL}/{organization.pk}/settings", {})):
        assert root.put(page, body, headers={"If-Match": '"old.old"'}).status_code == 412
        assert root.put(page, body, headers={"If-Match": root.get(page)["ETag"]}).status_code == 200


def test_unknown_and_the_platform_itself(root: APIClient) -> None:
    home = platform()
    assert home is not None
    for found in (uuid7(), home.pk):
        for page in (f"{URL}/{found}", f"{URL}/{found}/settings"):
            assert [root.get(page).status_code, root.put(page, {}).status_code] == [404, 404]


@pytest.mark.parametrize("who", OTHERS)
def test_others_neither_see_nor_change(
    client_of: Clients, request: pytest.FixtureRequest, organization: Organization, who: str
) -> None:
    client = client_of(request.getfixturevalue(who))
    for page in (f"{URL}/{organization.pk}", f"{URL}/{uuid7()}"):
        assert [client.get(page).status_code, client.put(page, {}).status_code] == [403, 403]


def test_its_own_people_find_their_settings_by_its_id_too(
    client_of: Clients, owner: User, viewer: User, organization: Organization
) -> None:
    page, current = f"{URL}/{organization.pk}/settings", f"{URL}/current/settings"
    client = client_of(owner)
    changes = [{"field": "booking_interval", "old": 30, "new": 45}]
    assert client.put(f"{page}?dry_run=true", {"booking_interval": 45}).json() == {"changes": changes}
    answer = client.put(page, {"booking_interval": 45}, headers={"If-Match": client.get(current)["ETag"]})
    assert (answer.status_code, answer.json()["booking_interval"]) == (200, 45)
    told = Event.objects.get(name="organization.settings_changed")
    assert (told.actor_type, told.actor_id) == ("user", str(owner.pk))
    assert client.put(page, {"support_access": False}).status_code == 200
    reader = client_of(viewer)
    assert reader.get(page).json() == client.get(current).json()
    assert reader.put(page, {"booking_interval": 5}).status_code == 403
    assert reader.put(f"{page}?dry_run=true", {"booking_interval": 5}).status_code == 403


def test_settings_of_another_organization(client_of: Clients, owner: User, other_organization: Organization) -> None:
    for found in (other_organization.pk, uuid7()):
        page, client = f"{URL}/{found}/settings", client_of(owner)
        asked = [client.get(page), client.put(page, {}), client.put(f"{page}?dry_run=true", {})]
        assert [answer.status_code for answer in asked] == [404, 404, 404]
        assert client_of(None).get(page).status_code == 401


def test_anonymous(client_of: Clients, organization: Organization) -> None:
    assert client_of(None).get(f"{URL}/{organization.pk}").status_code == 401
