"""/api/v1/tenants/{id}/support-grants and /api/v1/tenants/current/support-grants: asked for, listed, ended."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from django.utils import timezone
from rest_framework.test import APIClient

from apps.accounts.models import User
from apps.accounts.services.api_keys import api_key_create
from apps.accounts.services.credentials import actor_of_user
from apps.accounts.tests.api.platform import OTHERS, URL, root
from apps.accounts.tests.api.support import REASON, asked, entered, fault, grants, with_token
from apps.common.ids import uuid7
from apps.events.models import Event
from apps.tenants.context import public_context, tenant_context
from apps.tenants.models import Organization, SupportGrant
from apps.tenants.selectors import hosts_forget, settings_forget
from conftest import make_user

__all__ = ["root"]
Clients = Callable[[User | None], APIClient]
OWN = f"{URL}/current/support-grants"


def test_it_works(root: APIClient, client_of: Clients, owner: User, organization: Organization) -> None:
    grant = asked(root, organization)
    assert (grant["person"], grant["reason"], grant["entered_at"]) == ("root@platform.example", REASON, None)
    stored = SupportGrant.objects.get(pk=grant["id"])
    assert (stored.expires_at - stored.created_at).total_seconds() == 30 * 60
    entered(root, organization, grant)
    for listed in (root.get(grants(organization)).json(), client_of(owner).get(OWN).json()):
        assert [row["reason"] for row in listed["support_grants"]] == [REASON]
        assert listed["support_grants"][0]["entered_at"] is not None
    assert root.delete(f"{grants(organization)}/{grant['id']}").status_code == 204
    assert client_of(owner).get(f"{OWN}?live=true").json()["support_grants"] == []
    assert len(client_of(owner).get(f"{OWN}?live=false").json()["support_grants"]) == 1
    assert fault(root.delete(f"{grants(organization)}/{grant['id']}")) == (409, "support_grant_over")


def test_both_ledgers_tell_it(root: APIClient, organization: Organization) -> None:
    grant = asked(root, organization)
    entered(root, organization, grant)
    root.delete(f"{grants(organization)}/{grant['id']}")
    names = ["support.asked", "support.entered", "support.ended"]
    told = list(Event.objects.filter(name__startswith="support.").order_by("id"))
    assert [event.name for event in told] == names
    assert {(event.actor_type, event.actor_label) for event in told} == {("support", "root@platform.example")}
    assert told[0].data["reason"] == REASON
    assert {event.data["support_grant_id"] for event in told} == {grant["id"]}
    with tenant_context("platform"):
        theirs = Event.objects.filter(name__startswith="support.").order_by("id")
        assert list(theirs.values_list("name", flat=True)) == names
        assert {event.subject_id for event in theirs} == {str(organization.pk)}


def test_the_organization_ends_it(root: APIClient, client_of: Clients, owner: User, organization: Organization) -> None:
    grant = asked(root, organization)
    inside = with_token(entered(root, organization, grant))
    assert inside.get("/api/v1/robots").status_code == 200
    assert client_of(owner).delete(f"{OWN}/{grant['id']}").status_code == 204
    assert inside.get("/api/v1/robots").status_code == 401
    ended = SupportGrant.objects.get(pk=grant["id"])
    assert ended.ended_by == owner.email
    assert client_of(owner).get(OWN).json()["support_grants"][0]["ended_by"] == owner.email
    assert "ended_by" not in root.get(grants(organization)).json()["support_grants"][0]
    with tenant_context("platform"):  # which is not told who of the organization it was
        assert Event.objects.get(name="support.ended").actor_label == "organization"


def test_an_organization_that_forbids_it(
    root: APIClient, client_of: Clients, owner: User, organization: Organization
) -> None:
    inside = with_token(entered(root, organization))
    other = asked(root, organization)
    answer = client_of(owner).put(f"{URL}/current/settings", {"support_access": False})
    assert answer.json()["support_access"] is False
    assert inside.get("/api/v1/robots").status_code == 401
    assert fault(root.post(grants(organization), {"reason": REASON})) == (403, "support_forbidden")
    assert fault(root.post(f"{grants(organization)}/{other['id']}/enter")) == (409, "support_grant_over")
    assert client_of(owner).put(f"{URL}/current/settings", {"support_access": True}).status_code == 200
    assert inside.get("/api/v1/robots").status_code == 401  # what was ended stays so
    settings_forget(organization.schema_name)


@pytest.mark.parametrize("name", ["support_access", "require_second_factor"])
def test_the_platform_does_not_allow_it_to_itself(root: APIClient, organization: Organization, name: str) -> None:
    for value in (True, False):
        answer = root.put(f"{URL}/{organization.pk}/settings", {name: value})
        assert fault(answer) == (403, "support_forbidden")
        answer = root.put(f"{URL}/{organization.pk}", {"name": "Other", "settings": {name: value}})
        assert fault(answer) == (403, "support_forbidden")
    with public_context():
        assert Organization.objects.get(pk=organization.pk).name != "Other"


def test_a_suspended_organization(root: APIClient, organization: Organization) -> None:
    grant = asked(root, organization)
    inside = with_token(entered(root, organization, grant))
    assert root.put(f"{URL}/{organization.pk}", {"is_active": False}).status_code == 200
    hosts_forget()
    assert fault(inside.get("/api/v1/robots")) == (403, "organization_inactive")
    assert fault(root.post(grants(organization), {"reason": REASON})) == (403, "organization_inactive")
    assert fault(root.post(f"{grants(organization)}/{grant['id']}/enter")) == (403, "organization_inactive")


@pytest.mark.parametrize("reason", ["", " ", "x" * 301, "two\nlines", None, 5, ["x"], "a\x00b"])
def test_a_reason_is_a_line(root: APIClient, organization: Organization, reason: Any) -> None:
    answer = root.post(grants(organization), {"reason": reason})
    assert answer.status_code == 422, answer.content
    assert root.post(grants(organization), {}).status_code == 422
    assert not SupportGrant.objects.exists()


def test_neither_nobody_nor_the_platform_can_be_entered(root: APIClient, organization: Organization) -> None:
    with public_context():
        home = Organization.objects.get(slug="platform")
    for organization_id in (uuid7(), home.pk):
        answer = root.post(f"{URL}/{organization_id}/support-grants", {"reason": REASON})
        assert fault(answer) == (404, "organization_not_found")
        assert root.get(f"{URL}/{organization_id}/support-grants").status_code == 404


def test_a_grant_of_another_organization(
    root: APIClient, organization: Organization, other_organization: Organization, foreigner: User, client_of: Clients
) -> None:
    grant = asked(root, organization)
    path = f"{grants(other_organization)}/{grant['id']}"
    assert fault(root.post(f"{path}/enter")) == (404, "support_grant_not_found")
    assert fault(root.delete(path)) == (404, "support_grant_not_found")
    assert client_of(foreigner).get(OWN).json()["support_grants"] == []
    assert fault(client_of(foreigner).delete(f"{OWN}/{grant['id']}")) == (404, "support_grant_not_found")
    assert SupportGrant.objects.get(pk=grant["id"]).ended_at is None


def test_only_who_asked_enters(root: APIClient, organization: Organization) -> None:
    with tenant_context("platform"):
        from apps.tenants.selectors import platform  # noqa: PLC0415  # with its organization at hand
        from conftest import bearer  # noqa: PLC0415

        home = platform()
        assert home is not None
        second = with_token(bearer(make_user("second@platform.example", "super_admin"), home))
    grant = asked(root, organization)
    assert second.post(f"{grants(organization)}/{grant['id']}/enter").status_code == 403
    assert second.delete(f"{grants(organization)}/{grant['id']}").status_code == 204  # but anybody ends it


def test_a_key_of_the_platform_does_not_ask(root: APIClient, organization: Organization) -> None:
    with tenant_context("platform"):
        person = actor_of_user(User.objects.select_related("role").get(), schema="platform", ip=None)
        _row, key = api_key_create(actor=person, name="k", permissions=["platform.manage"], now=timezone.now())
    answer = APIClient(SERVER_NAME="localhost").post(grants(organization), {"reason": REASON}, HTTP_X_API_KEY=key)
    assert answer.status_code == 403


def test_too_often_is_429(root: APIClient, organization: Organization, settings: Any) -> None:
    settings.ENV = settings.ENV.model_copy(update={"rate_limit_support": "1/hour"})
    asked(root, organization)
    assert root.post(grants(organization), {"reason": REASON}).status_code == 429


@pytest.mark.parametrize("who", [*OTHERS, "stranger"])
def test_nobody_else(
    root: APIClient, client_of: Clients, organization: Organization, request: pytest.FixtureRequest, who: str
) -> None:
    grant = asked(root, organization)
    client = client_of(request.getfixturevalue(who))
    assert client.post(grants(organization), {"reason": REASON}).status_code == 403
    assert client.get(grants(organization)).status_code == 403
    assert client.post(f"{grants(organization)}/{grant['id']}/enter").status_code == 403
    assert client.delete(f"{grants(organization)}/{grant['id']}").status_code == 403
    if who != "owner":
        assert client.get(OWN).status_code == 403
        assert client.delete(f"{OWN}/{grant['id']}").status_code == 403
    for path in (grants(organization), OWN):
        assert client_of(None).get(path).status_code == 401
