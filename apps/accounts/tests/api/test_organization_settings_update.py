"""PUT /api/v1/tenants/current/settings."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from rest_framework.test import APIClient

from apps.accounts.models import User
from apps.accounts.tests.api.test_organization_settings_retrieve import DEFAULTS, URL
from apps.events.models import Event
from apps.tenants.context import tenant_context
from apps.tenants.models import Organization, OrganizationSettings
from apps.tenants.selectors import organization_settings_now

Clients = Callable[[User | None], APIClient]
EVENT = "organization.settings_changed"
WHOLE = {
    "business_type": "clinic",
    "timezone": "America/Sao_Paulo",
    "working_hours_start": "07:30",
    "working_hours_end": "22:00",
    "booking_interval": 15,
    "advance_booking_days": 90,
    "cancellation_hours": 48,
    "custom_labels": {
        "resource_singular": "Sala",
        "resource_plural": "Salas",
        "booking_label": "Consulta",
        "user_label": "Paciente",
    },
    "holidays": [{"date": "2026-12-24", "name": "Véspera"}, {"date": "2026-12-31", "name": "Fim do ano"}],
    "holiday_country": "BR",
    "require_second_factor": True,
    "support_access": False,
}


def test_it_works(client_of: Clients, owner: User, organization: Organization) -> None:
    client = client_of(owner)
    answer = client.put(URL, WHOLE)
    assert (answer.status_code, answer.json()) == (200, WHOLE)
    assert client.get(URL).json() == WHOLE
    assert client.get("/api/v1/tenants/current").json()["settings"] == WHOLE
    event = Event.objects.get(name=EVENT)
    assert event.data == {"changed": sorted(WHOLE)}
    assert event.actor_id == str(owner.pk)


def test_what_is_left_out_stays(client_of: Clients, owner: User) -> None:
    client = client_of(owner)
    client.put(URL, WHOLE)
    assert client.put(URL, {"booking_interval": 60}).json() == WHOLE | {"booking_interval": 60}
    assert Event.objects.filter(name=EVENT)[0].data == {"changed": ["booking_interval"]}


def test_a_dry_run_says_what_would_change_and_writes_nothing(client_of: Clients, owner: User) -> None:
    client = client_of(owner)
    sent = {
        "timezone": "America/Sao_Paulo",
        "working_hours_start": "07:30",
        "custom_labels": {"user_label": "Paciente"},
    }
    answer = client.put(f"{URL}?dry_run=true", sent | {"booking_interval": DEFAULTS["booking_interval"]})
    assert answer.status_code == 200
    changes = {change["field"]: (change["old"], change["new"]) for change in answer.json()["changes"]}
    labels: Any = DEFAULTS["custom_labels"]
    assert changes == {
        "timezone": ("UTC", "America/Sao_Paulo"),
        "working_hours_start": ("08:00", "07:30"),
        "custom_labels": (labels, labels | {"user_label": "Paciente"}),
    }
    assert client.put(f"{URL}?dry_run=true", {}).json() == {"changes": []}
    assert client.get(URL).json() == DEFAULTS
    assert not OrganizationSettings.objects.exists()
    assert not Event.objects.filter(name=EVENT).exists()


def test_a_dry_run_refuses_as_the_change_does(client_of: Clients, owner: User, viewer: User) -> None:
    client = client_of(owner)
    assert client.put(f"{URL}?dry_run=true", {"working_hours_start": "19:00"}).status_code == 422
    assert client.put(f"{URL}?dry_run=true", {"timezone": "Mars/Olympus"}).status_code == 422
    assert client.put(f"{URL}?dry_run=maybe", {}).status_code == 422
    assert client.put(f"{URL}?dry_run=true", {}, headers={"If-Match": '"other.tag"'}).status_code == 412
    tag = client.get(URL).headers["ETag"]
    assert client.put(f"{URL}?dry_run=true", {}, headers={"If-Match": tag}).status_code == 200
    assert client_of(viewer).put(f"{URL}?dry_run=true", {}).status_code == 403


def test_changing_nothing_records_nothing(client_of: Clients, owner: User) -> None:
    same: list[dict[str, Any]] = [{}, {"timezone": "UTC"}, {"custom_labels": {}}, {"working_hours_end": "18:00"}]
    for body in [*same, {"holidays": []}]:
        assert client_of(owner).put(URL, body).json() == DEFAULTS
    assert not Event.objects.filter(name=EVENT).exists()


@pytest.mark.parametrize(
    ("field", "least", "most"),
    [("booking_interval", 5, 480), ("advance_booking_days", 0, 365), ("cancellation_hours", 0, 168)],
)
def test_ranges(client_of: Clients, owner: User, field: str, least: int, most: int) -> None:
    client = client_of(owner)
    for value in (least, most):
        assert client.put(URL, {field: value}).json()[field] == value
    for value in (least - 1, most + 1, 2**63, -(2**63)):
        answer = client.put(URL, {field: value})
        assert (answer.status_code, list(answer.json()["errors"])) == (422, [field]), value
    assert client.get(URL).json()[field] == most


def test_labels_are_merged_by_key(client_of: Clients, owner: User) -> None:
    client = client_of(owner)
    client.put(URL, {"custom_labels": {"user_label": "Paciente", "booking_label": "Consulta"}})
    body = client.put(URL, {"custom_labels": {"booking_label": "Sessão"}}).json()
    assert body["custom_labels"] == DEFAULTS["custom_labels"] | {"user_label": "Paciente", "booking_label": "Sessão"}  # type: ignore[operator]
    body = client.put(URL, {"custom_labels": {"booking_label": "", "user_label": " "}}).json()
    assert body["custom_labels"] == DEFAULTS["custom_labels"]
    assert OrganizationSettings.objects.get().custom_labels == {}


def test_holidays_are_put_in_order(client_of: Clients, owner: User) -> None:
    days = [{"date": "2027-01-02", "name": "B"}, {"date": "2026-01-01", "name": "A"}]
    assert client_of(owner).put(URL, {"holidays": days}).json()["holidays"] == days[::-1]


def test_the_end_is_compared_with_the_stored_beginning(client_of: Clients, owner: User) -> None:
    client = client_of(owner)
    assert client.put(URL, {"working_hours_start": "14:00", "working_hours_end": "20:00"}).status_code == 200
    for body in (
        {"working_hours_end": "14:00"},
        {"working_hours_end": "13:59"},
        {"working_hours_start": "20:00"},
        {"working_hours_start": "23:59"},
        {"working_hours_start": "09:00", "working_hours_end": "08:00"},
    ):
        answer = client.put(URL, body | {"business_type": "spa"})
        assert (answer.status_code, list(answer.json()["errors"])) == (422, ["working_hours_end"]), body
    assert client.get(URL).json() == DEFAULTS | {"working_hours_start": "14:00", "working_hours_end": "20:00"}
    assert Event.objects.filter(name=EVENT).count() == 1


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({"timezone": "Mars/Olympus"}, "timezone"),
        ({"timezone": "utc"}, "timezone"),
        ({"timezone": "localtime"}, "timezone"),
        ({"timezone": "../../etc/passwd"}, "timezone"),
        ({"timezone": "America"}, "timezone"),
        ({"timezone": ""}, "timezone"),
        ({"timezone": None}, "timezone"),
        ({"holiday_country": "XX"}, "holiday_country"),
        ({"holiday_country": "br"}, "holiday_country"),
        ({"holiday_country": "BRA"}, "holiday_country"),
        ({"holiday_country": "__"}, "holiday_country"),
        ({"working_hours_start": "24:00"}, "working_hours_start"),
        ({"working_hours_start": "08:00:00"}, "working_hours_start"),
        ({"working_hours_start": "8h"}, "working_hours_start"),
        ({"working_hours_start": "8:00"}, "working_hours_start"),
        ({"working_hours_start": "08:5"}, "working_hours_start"),
        ({"working_hours_start": None}, "working_hours_start"),
        ({"working_hours_start": 8}, "working_hours_start"),
        ({"booking_interval": "30"}, "booking_interval"),
        ({"booking_interval": 30.5}, "booking_interval"),
        ({"booking_interval": True}, "booking_interval"),
        ({"business_type": "x" * 61}, "business_type"),
        ({"business_type": "two\nlines"}, "business_type"),
        ({"custom_labels": {"resource": "Sala"}}, "custom_labels.resource"),
        ({"custom_labels": {"user_label": 5}}, "custom_labels.user_label"),
        ({"custom_labels": {"user_label": None}}, "custom_labels.user_label"),
        ({"custom_labels": {"user_label": "x" * 61}}, "custom_labels.user_label"),
        ({"custom_labels": {"user_label": "Subject\r\nBcc: x"}}, "custom_labels.user_label"),
        ({"custom_labels": ["Sala"]}, "custom_labels"),
        ({"custom_labels": None}, "custom_labels"),
        ({"holidays": [{"date": "2026-02-30", "name": "x"}]}, "holidays.0.date"),
        ({"holidays": [{"date": "2026-02-03T00:00:00Z", "name": "x"}]}, "holidays.0.date"),
        ({"holidays": [{"date": "2026-02-03"}]}, "holidays.0.name"),
        ({"holidays": [{"date": "2026-02-03", "name": ""}]}, "holidays.0.name"),
        ({"holidays": [{"date": "2026-02-03", "name": "x" * 121}]}, "holidays.0.name"),
        ({"holidays": [{"date": "2026-02-03", "name": "a\nb"}]}, "holidays.0.name"),
        ({"holidays": [{"date": "2026-02-03", "name": "x", "moved": True}]}, "holidays.0.moved"),
        ({"holidays": [{"date": "2026-02-03", "name": "x"}, {"date": "2026-02-03", "name": "y"}]}, "holidays"),
        ({"holidays": ["2026-02-03"]}, "holidays.0"),
        ({"holidays": {"date": "2026-02-03", "name": "x"}}, "holidays"),
        ({"holidays": None}, "holidays"),
        ({"holidays": [{"date": f"{2000 + n}-01-01", "name": "x"} for n in range(201)]}, "holidays"),
        ({"organization": "other"}, "organization"),
        ({"id": "x"}, "id"),
    ],
)
def test_wrong_shape(client_of: Clients, owner: User, body: dict[str, Any], field: str) -> None:
    client = client_of(owner)
    answer = client.put(URL, {"cancellation_hours": 1} | body)
    assert (answer.status_code, list(answer.json()["errors"])) == (422, [field]), answer.json()
    assert client.get(URL).json() == DEFAULTS
    assert not Event.objects.filter(name=EVENT).exists()


@pytest.mark.parametrize("body", [[], "x", 5])
def test_no_object(client_of: Clients, owner: User, body: Any) -> None:
    assert client_of(owner).put(URL, body).status_code == 422


@pytest.mark.parametrize("who", ["viewer", "teammate", "maintainer", "stranger"])
def test_without_the_right(client_of: Clients, request: pytest.FixtureRequest, who: str) -> None:
    assert client_of(request.getfixturevalue(who)).put(URL, {"booking_interval": 60}).status_code == 403
    assert not OrganizationSettings.objects.exists()


def test_anonymous(client_of: Clients) -> None:
    assert client_of(None).put(URL, {"booking_interval": 60}).status_code == 401


def test_a_foreigner_changes_the_own_ones(
    client_of: Clients, owner: User, foreigner: User, other_organization: Organization
) -> None:
    client_of(owner).put(URL, {"booking_interval": 15})
    assert client_of(foreigner).put(URL, {"booking_interval": 60}).status_code == 200
    assert client_of(owner).get(URL).json()["booking_interval"] == 15
    assert organization_settings_now().booking_interval == 15
    with tenant_context(other_organization):
        assert organization_settings_now().booking_interval == 60
        assert Event.objects.filter(name=EVENT).count() == 1
    assert Event.objects.filter(name=EVENT).count() == 1


def test_stale_entity_tag(client_of: Clients, owner: User) -> None:
    """The defaults have a tag as well, though no row stands for them."""
    client = client_of(owner)
    for hours in (1, 2):
        tag = client.get(URL)["ETag"]
        assert client.put(URL, {"cancellation_hours": hours}, headers={"If-Match": tag}).status_code == 200
        answer = client.put(URL, {"cancellation_hours": 99}, headers={"If-Match": tag})
        assert (answer.status_code, answer.json()["error_code"]) == (412, "precondition_failed")
    assert client.get(URL).json()["cancellation_hours"] == 2


def test_queries(client_of: Clients, owner: User, django_assert_num_queries: Any) -> None:
    client = client_of(owner)
    client.put(URL, {"booking_interval": 60})
    with django_assert_num_queries(8):  # the last one looks whom of support to put out
        client.put(URL, WHOLE)
