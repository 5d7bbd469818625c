"""Accounts in the back-office."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from django.db.models import Model
from django.test import Client
from django.utils import timezone

from apps.accounts.admin import PAGES
from apps.accounts.models import ApiKey, Role, Session, TagGrant, User, UserGroup
from apps.accounts.services.api_keys import api_key_create
from apps.common.actor import Actor
from apps.events.models import Event
from apps.tenants.context import tenant_context
from conftest import PASSWORD, make_user

HOST = "acme.localhost"


@pytest.fixture
def browser(owner: User) -> Client:
    client = Client(SERVER_NAME=HOST)
    client.force_login(owner)
    return client


def url(model: type[Model], rest: str = "") -> str:
    return f"/admin/accounts/{model._meta.model_name}/{rest}"


def form(role: str, **change: Any) -> dict[str, Any]:
    blank = {"username": "", "phone": "", "department": "", "new_password": "", "is_active": "on"}
    return blank | {"role": str(Role.objects.get(slug=role).pk)} | change


@pytest.mark.parametrize("model", PAGES, ids=lambda model: str(model.__name__))
def test_every_list_opens(browser: Client, model: type[Model]) -> None:
    assert browser.get(url(model)).status_code == 200


@pytest.mark.parametrize("model", PAGES, ids=lambda model: str(model.__name__))
def test_and_on_the_platform(db: None, model: type[Model]) -> None:
    client = Client(SERVER_NAME="localhost")
    with tenant_context("platform"):
        client.force_login(make_user("root@platform.example", "super_admin"))
    assert client.get(url(model)).status_code == 200


@pytest.mark.parametrize("model", PAGES, ids=lambda model: str(model.__name__))
@pytest.mark.parametrize("who", ["maintainer", "stranger"])
def test_without_the_right_it_is_403(model: type[Model], who: str, request: pytest.FixtureRequest) -> None:
    client = Client(SERVER_NAME=HOST)
    client.force_login(request.getfixturevalue(who))
    assert client.get(url(model)).status_code == 403


def test_no_page_shows_a_hash(browser: Client, owner: User, actor: Callable[[User], Actor]) -> None:
    key, _text = api_key_create(actor=actor(owner), name="ci", permissions=["robot.read"], now=timezone.now())
    owner.set_password(PASSWORD)
    pages = [url(ApiKey, f"{key.pk}/change/"), url(User, f"{owner.pk}/change/"), url(ApiKey), url(User)]
    for page in pages:
        content = browser.get(page).content.decode()
        assert key.secret_hash not in content
        assert "argon2" not in content


@pytest.mark.parametrize(
    ("model", "lookup"),
    [(User, "password__startswith"), (ApiKey, "secret_hash__startswith"), (Session, "user__password")],
)
def test_no_list_lets_a_hash_be_guessed(browser: Client, model: type[Model], lookup: str) -> None:
    assert browser.get(url(model), {lookup: "argon2"}).status_code == 400


def test_lists_of_users_are_filtered(browser: Client, viewer: User) -> None:
    for filters in ({"is_active__exact": "1"}, {"role__id__exact": str(viewer.role_id)}):
        assert viewer.email in browser.get(url(User), filters).content.decode()


def test_adding_a_user(browser: Client) -> None:
    body = form("operator", email="New@Acme.example", name="Nova", new_password=PASSWORD)
    answer = browser.post(url(User, "add/"), body)
    assert answer.status_code == 302, answer.context["errors"]
    user = User.objects.get(email="new@acme.example")
    assert (user.role.slug, user.check_password(PASSWORD)) == ("operator", True)
    assert Event.objects.filter(name="user.created", subject_id=str(user.pk)).count() == 1


def test_changing_a_user(browser: Client, viewer: User) -> None:
    page = url(User, f"{viewer.pk}/change/")
    assert browser.get(page).status_code == 200
    answer = browser.post(page, form("operator", email=viewer.email, name="Vera"))
    assert answer.status_code == 302, answer.context["errors"]
    viewer.refresh_from_db()
    assert (viewer.name, viewer.role.slug, viewer.is_active) == ("Vera", "operator", True)
    assert Event.objects.get(name="user.updated").data == {"changed": ["name", "role"]}


@pytest.mark.parametrize("password", ["weak", "Password1"])
def test_a_weak_password_is_refused(browser: Client, viewer: User, password: str) -> None:
    body = form("viewer", email=viewer.email, name="Vera", new_password=password)
    assert browser.post(url(User, f"{viewer.pk}/change/"), body).status_code == 200
    viewer.refresh_from_db()
    assert viewer.name != "Vera"


def test_what_the_service_refuses_is_told_and_nothing_is_lost(browser: Client, owner: User, viewer: User) -> None:
    for page, body in (
        (url(User, f"{owner.pk}/change/"), form("viewer", email=owner.email, name="Owner")),
        (url(User, "add/"), form("viewer", email=viewer.email.upper(), name="Twice")),
    ):
        answer = browser.post(page, body)
        shown = answer.context["adminform"].form
        assert shown.non_field_errors()
        assert shown["name"].value() == body["name"]
    owner.refresh_from_db()
    assert owner.role.slug == "org_admin"
    assert User.objects.count() == 2


def test_adding_a_user_without_a_password_invites_them(browser: Client, mailed: Callable[[], list[Any]]) -> None:
    body = form("operator", email="new@acme.example", name="Nova")
    assert browser.post(url(User, "add/"), body).status_code == 302
    assert [mail.to for mail in mailed()] == [["new@acme.example"]]


def test_sending_the_invitation_again(browser: Client, viewer: User, mailed: Callable[[], list[Any]]) -> None:
    member = make_user("member@acme.example", "operator", password=PASSWORD)
    chosen = {"action": "invite", "_selected_action": [str(viewer.pk), str(member.pk)]}
    answer = browser.post(url(User), chosen, follow=True)
    texts = [str(message) for message in answer.context["messages"]]
    assert texts == [f"{member}: Only active people without a password are invited.", "1 changed."]
    assert [mail.to for mail in mailed()] == [[viewer.email]]


def test_super_admin_is_not_on_offer(browser: Client) -> None:
    body = form("super_admin", email="boss@acme.example", name="Boss")
    assert browser.post(url(User, "add/"), body).status_code == 200
    assert not User.objects.filter(email="boss@acme.example").exists()


@pytest.mark.parametrize(
    "model", [model for model in PAGES if model not in {User, Role, UserGroup}], ids=lambda model: model.__name__
)
def test_nothing_else_is_added_by_hand(browser: Client, model: type[Model]) -> None:
    assert browser.get(url(model, "add/")).status_code == 403


def act(browser: Client, model: type[Model], action: str, row: Model) -> None:
    answer = browser.post(url(model), {"action": action, "_selected_action": [str(row.pk)]})
    assert answer.status_code == 302


def test_actions_go_through_services(
    browser: Client, owner: User, viewer: User, actor: Callable[[User], Actor]
) -> None:
    now = timezone.now()
    session = Session.objects.create(user=viewer, last_used_at=now, expires_at=now.replace(year=now.year + 1))
    key, _text = api_key_create(actor=actor(viewer), name="ci", permissions=["robot.read"], now=now)
    grant = TagGrant.objects.create(user=viewer, action="robot.run", scope_tag="x")
    act(browser, Session, "revoke", session)
    act(browser, ApiKey, "revoke", key)
    act(browser, TagGrant, "take_back", grant)
    act(browser, User, "deactivate", viewer)
    names = set(Event.objects.filter(actor_id=str(owner.pk)).values_list("name", flat=True))
    assert names >= {"session.revoked", "api_key.revoked", "grant.removed", "user.deactivated"}
    session.refresh_from_db()
    assert session.revoked_reason == "by_administrator"
    assert not TagGrant.objects.exists()


def test_devices_of_sessions_have_names(browser: Client) -> None:
    """As the account's own page has them."""
    Session.objects.update(device="Mozilla/5.0 (X11; Linux x86_64; rv:130.0) Gecko/20100101 Firefox/130.0")
    listed = browser.get(url(Session)).content.decode()
    assert "Firefox on Linux" in listed
    assert "Gecko" not in listed
