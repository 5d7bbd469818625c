"""GET /api/v1/tenants/current/settings."""

from __future__ import annotations

from collections.abc import Callable

from rest_framework.test import APIClient

from apps.accounts.models import User
from apps.tenants.models import OrganizationSettings

Clients = Callable[[User | None], APIClient]
URL = "/api/v1/tenants/current/settings"
DEFAULTS = {
    "business_type": "",
    "timezone": "UTC",
    "working_hours_start": "08:00",
    "working_hours_end": "18:00",
    "booking_interval": 30,
    "advance_booking_days": 30,
    "cancellation_hours": 24,
    "custom_labels": {
        "resource_singular": "Resource",
        "resource_plural": "Resources",
        "booking_label": "Booking",
        "user_label": "User",
    },
    "holidays": [],
    "holiday_country": "",
    "require_second_factor": False,
    "support_access": True,
}


def test_it_works(client_of: Clients, owner: User) -> None:
    answer = client_of(owner).get(URL)
    assert (answer.status_code, answer.json()) == (200, DEFAULTS)
    assert not OrganizationSettings.objects.exists()


def test_everybody_of_the_organization_sees_them(client_of: Clients, owner: User, stranger: User) -> None:
    client_of(owner).put(URL, {"timezone": "America/Sao_Paulo"})
    assert client_of(stranger).get(URL).json()["timezone"] == "America/Sao_Paulo"


def test_a_foreigner_sees_the_own_ones(client_of: Clients, owner: User, foreigner: User) -> None:
    client_of(owner).put(URL, {"timezone": "America/Sao_Paulo", "business_type": "clinic"})
    assert client_of(foreigner).get(URL).json() == DEFAULTS


def test_anonymous(client_of: Clients) -> None:
    assert client_of(None).get(URL).status_code == 401


def test_the_tag_of_the_defaults_stays(client_of: Clients, owner: User, viewer: User) -> None:
    tag = client_of(owner).get(URL)["ETag"]
    assert client_of(viewer).get(URL, headers={"If-None-Match": tag}).status_code == 304
