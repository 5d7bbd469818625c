"""An organization's own name, looks and settings in its back-office."""

from __future__ import annotations

from datetime import time
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from apps.accounts.admin.organization_forms import country_choices
from apps.accounts.models import User
from apps.accounts.services.organizations import organization_settings_update
from apps.common.actor import Actor
from apps.events.models import Event
from apps.tenants.calendars import zone_choices
from apps.tenants.models import Organization, OrganizationSettings
from apps.tenants.selectors import organization_current

SETTINGS, LOOKS = "/admin/tenants/organizationsettings/", "/admin/tenants/organization/"
HOLIDAYS = "own_holidays"
FILLED = {
    "business_type": "clinic",
    "timezone": "America/Sao_Paulo",
    "working_hours_start": "07:30",
    "working_hours_end": "20:00",
    "booking_interval": "15",
    "advance_booking_days": "90",
    "cancellation_hours": "48",
    "label_resource_singular": "Sala",
    "label_resource_plural": "",
    "label_booking_label": "Consulta",
    "label_user_label": "",
    "holiday_country": "BR",
}


def browser_of(user: User) -> Client:
    client = Client(SERVER_NAME="acme.localhost")
    client.force_login(user)
    return client


@pytest.fixture
def browser(owner: User) -> Client:
    return browser_of(owner)


def lines(*days: tuple[str, str], initial: int = 0, removed: int | None = None) -> dict[str, str]:
    """Days of rest as the form sends them, with an empty line behind."""
    sent = {f"{HOLIDAYS}-TOTAL_FORMS": str(len(days) + 1), f"{HOLIDAYS}-INITIAL_FORMS": str(initial)}
    for index, (day, name) in enumerate([*days, ("", "")]):
        sent |= {f"{HOLIDAYS}-{index}-date": day, f"{HOLIDAYS}-{index}-name": name}
    return sent if removed is None else sent | {f"{HOLIDAYS}-{removed}-DELETE": "on"}


def confirmed(browser: Client, page: str, sent: dict[str, str]) -> Any:
    """Sends the form, and what the page of the question would send."""
    asked = browser.post(page, sent)
    assert asked.status_code == 200, asked
    return browser.post(page, dict(asked.context["kept"]))


@pytest.fixture
def stored(organization: Organization) -> OrganizationSettings:
    days = [{"date": timezone.now().date(), "name": "Aniversário"}]
    actor = Actor.system("tests", schema=organization.schema_name)
    changes = {"holidays": days, "custom_labels": {"user_label": "Paciente"}}
    return organization_settings_update(actor=actor, changes=changes, now=timezone.now())


def test_it_works(browser: Client, owner: User) -> None:
    page = browser.get(SETTINGS)
    assert page.status_code == 200
    assert not OrganizationSettings.objects.exists()
    sent = FILLED | lines(("2026-12-31", "Fim do ano"), ("2026-12-24", "Véspera"))
    asked = browser.post(SETTINGS, sent)
    assert not OrganizationSettings.objects.exists()
    assert "Nothing has been saved yet." in asked.content.decode()
    answer = browser.post(SETTINGS, dict(asked.context["kept"]))
    assert (answer.status_code, answer["Location"]) == (302, SETTINGS)
    stored = OrganizationSettings.objects.get()
    assert (stored.timezone, stored.holiday_country, stored.booking_interval) == ("America/Sao_Paulo", "BR", 15)
    assert (stored.working_hours_start, stored.working_hours_end) == (time(7, 30), time(20))
    assert stored.custom_labels == {"resource_singular": "Sala", "booking_label": "Consulta"}
    assert [day["name"] for day in stored.holidays] == ["Véspera", "Fim do ano"]
    assert Event.objects.get(name="organization.settings_changed").actor_id == str(owner.pk)


def test_what_is_stored_is_shown(browser: Client, stored: OrganizationSettings) -> None:
    page = browser.get(SETTINGS).content.decode()
    assert 'value="Aniversário"' in page
    assert f'value="{stored.holidays[0]["date"]}"' in page
    assert 'value="Paciente"' in page
    assert 'value="08:00"' in page
    assert '<option value="UTC" selected>' in page
    assert "[{" not in page


def test_a_line_is_removed(browser: Client, stored: OrganizationSettings) -> None:
    kept = (stored.holidays[0]["date"], stored.holidays[0]["name"])
    sent = FILLED | lines(kept, ("2026-12-24", "Véspera"), initial=1, removed=0)
    assert confirmed(browser, SETTINGS, sent).status_code == 302
    assert OrganizationSettings.objects.get().holidays == [{"date": "2026-12-24", "name": "Véspera"}]


def test_what_would_change_is_shown_with_what_it_means(browser: Client, stored: OrganizationSettings) -> None:
    sent = FILLED | lines((stored.holidays[0]["date"], "Aniversário")) | {"require_second_factor": "on"}
    answer = browser.post(SETTINGS, sent)
    shown = {str(line.title): (str(line.old), str(line.new)) for line in answer.context["lines"]}
    assert shown["time zone"] == ("UTC", "America/Sao_Paulo")
    assert shown["work begins"] == ("08:00", "07:30")
    assert shown["Resource"] == ("Resource", "Sala")
    assert shown["User"] == ("Paciente", "User")
    assert "own holidays" not in shown
    assert "Resources" not in shown
    page = answer.content.decode()
    for text in ("0 schedules fire by the zones", "whose account names no zone", "led to set one up before anything"):
        assert text in page
    assert "custom_labels" not in page


def test_nothing_that_would_change_is_told(browser: Client, organization: Organization) -> None:
    answer = browser.post(LOOKS, {"name": "Acme", "logo_url": "", "theme_primary_color": ""}, follow=True)
    assert [str(message) for message in answer.context["messages"]] == [
        "That is how it is already; nothing was changed."
    ]


def test_somebody_else_changed_it_meanwhile(browser: Client, stored: OrganizationSettings) -> None:
    asked = browser.post(SETTINGS, FILLED | lines())
    actor = Actor.system("tests", schema=stored.organization_id)
    organization_settings_update(actor=actor, changes={"booking_interval": 45}, now=timezone.now())
    answer = browser.post(SETTINGS, dict(asked.context["kept"]), follow=True)
    assert [str(message) for message in answer.context["messages"]]
    assert OrganizationSettings.objects.get().booking_interval == 45


@pytest.mark.parametrize(
    "wrong",
    [
        {"working_hours_start": "21:00"},
        {"booking_interval": "4"},
        {"booking_interval": "481"},
        {"advance_booking_days": "-1"},
        {"cancellation_hours": "many"},
        {"timezone": "Mars/Olympus"},
        {"holiday_country": "XX"},
        {"label_user_label": "x" * 61},
        {"business_type": "two\nlines"},
        lines(("2026-12-24", "A"), ("2026-12-24", "B")),
        lines(("2026-02-30", "A")),
        lines(("2026-12-24", "")),
        lines(("", "A")),
        {f"{HOLIDAYS}-TOTAL_FORMS": "1000000"},
        {f"{HOLIDAYS}-TOTAL_FORMS": "x"},
        {f"{HOLIDAYS}-TOTAL_FORMS": ""},
    ],
)
def test_what_is_wrong_is_told_and_not_saved(browser: Client, wrong: dict[str, str]) -> None:
    answer = browser.post(SETTINGS, FILLED | lines(("2026-12-24", "Véspera")) | wrong)
    assert answer.status_code == 200
    assert answer.context["adminform"].form.errors
    assert not OrganizationSettings.objects.exists()


def test_looks(browser: Client, owner: User, organization: Organization) -> None:
    page = browser.get(LOOKS)
    assert page.status_code == 200
    assert "acme" in page.content.decode()
    sent = {"name": "Acme S.A.", "logo_url": "/static/a.png", "theme_primary_color": "#123abc"}
    answer = confirmed(browser, LOOKS, sent)
    assert answer.status_code == 302
    stored = organization_current()
    assert (stored.name, stored.logo_url, stored.theme_primary_color) == ("Acme S.A.", "/static/a.png", "#123abc")
    assert Event.objects.get(name="organization.updated").actor_id == str(owner.pk)
    assert confirmed(browser, LOOKS, {"name": "Acme", "logo_url": "", "theme_primary_color": ""}).status_code == 302
    stored = organization_current()
    assert (stored.logo_url, stored.theme_primary_color) == (None, None)


@pytest.mark.parametrize(
    "wrong", [{"name": ""}, {"logo_url": "javascript:alert(1)"}, {"logo_url": "//x"}, {"theme_primary_color": "red"}]
)
def test_wrong_looks_are_told_and_not_saved(browser: Client, wrong: dict[str, str]) -> None:
    filled = {"name": "Other", "logo_url": "", "theme_primary_color": ""}
    answer = browser.post(LOOKS, filled | wrong)
    assert answer.status_code == 200
    assert list(answer.context["adminform"].form.errors) == list(wrong)
    assert organization_current().name == "Acme"


@pytest.mark.parametrize("page", [SETTINGS, LOOKS])
def test_whatever_id_is_named_it_is_the_own_one(
    browser: Client, other_organization: Organization, page: str, stored: OrganizationSettings
) -> None:
    answer = browser.get(f"{page}{other_organization.pk}/change/")
    assert answer.status_code == 200
    assert "rival" not in answer.content.decode().lower()


@pytest.mark.parametrize("page", [SETTINGS, LOOKS])
@pytest.mark.parametrize("who", ["viewer", "maintainer", "stranger"])
def test_without_the_right_it_is_403(request: pytest.FixtureRequest, who: str, page: str) -> None:
    client = browser_of(request.getfixturevalue(who))
    assert client.get(page).status_code == 403
    assert client.post(page, FILLED | lines()).status_code == 403


@pytest.mark.parametrize("page", [SETTINGS, LOOKS])
def test_nothing_is_added_or_deleted(browser: Client, page: str) -> None:
    assert browser.get(f"{page}add/").status_code == 403
    assert browser.post(f"{page}current/delete/", {"post": "yes"}).status_code == 403


def test_choices() -> None:
    zones = zone_choices()
    assert ("UTC", "UTC") in zones
    assert ("America/Sao_Paulo", "America/Sao_Paulo") in dict(zones)["America"]
    countries = dict(country_choices())
    assert (countries["BR"], countries["XK"], len(countries)) == ("Brazil", "Kosovo", 251)


def test_an_older_name_of_a_zone_stays(browser: Client, organization: Organization) -> None:
    """It is offered where it was chosen, and nowhere else."""
    OrganizationSettings.objects.create(organization_id=organization.schema_name, timezone="Brazil/East")
    shown = browser.get(SETTINGS).content.decode()
    assert '<option value="Brazil/East" selected' in shown
    assert "EST5EDT" not in shown
    assert confirmed(browser, SETTINGS, FILLED | lines() | {"timezone": "Brazil/East"}).status_code == 302
    assert OrganizationSettings.objects.get().timezone == "Brazil/East"


def test_countries_are_named_in_the_readers_language(browser: Client) -> None:
    page = browser.get(SETTINGS, headers={"Accept-Language": "pt-BR"}).content.decode()
    assert ">Alemanha</option>" in page


def test_queries(browser: Client, stored: OrganizationSettings, django_assert_max_num_queries: Any) -> None:
    with django_assert_max_num_queries(8):
        browser.get(SETTINGS)
