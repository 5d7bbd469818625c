"""People and roles in the back-office: pages that say who may what, and change it through the services."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.apps import apps
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from apps.accounts.models import ApiKey, Role, Session, User
from apps.accounts.roles import ACTIONS
from apps.accounts.services.api_keys import api_key_create
from apps.accounts.services.grants import tag_grant_add
from apps.accounts.services.roles import role_create
from apps.accounts.ticks import TABLE
from apps.common.actor import Actor
from apps.events.models import Event
from conftest import PASSWORD, make_user

USERS, ROLES = "/admin/accounts/user/", "/admin/accounts/role/"
ActorOf = Callable[[User], Actor]


@pytest.fixture
def browser(owner: User) -> Client:
    client = Client(SERVER_NAME="acme.localhost")
    client.force_login(owner)
    return client


def session_of(user: User) -> Session:
    now = timezone.now()
    return Session.objects.create(user=user, device="Phone", last_used_at=now, expires_at=now + timedelta(days=1))


def told(answer: Any) -> list[str]:
    return [str(message) for message in answer.context["messages"]]


def test_a_person_is_switched_off_and_let_in_again(browser: Client, viewer: User) -> None:
    viewer.set_password(PASSWORD)
    viewer.save()
    session_of(viewer)
    page = browser.get(f"{USERS}{viewer.pk}/change/").content.decode()
    assert "Phone" in page
    assert browser.post(f"{USERS}{viewer.pk}/deactivate/").status_code == 302
    viewer.refresh_from_db()
    assert viewer.is_active is False
    assert Session.objects.get(user=viewer).revoked_at is not None
    assert "switched off" in browser.get(f"{USERS}{viewer.pk}/change/").content.decode()
    browser.post(f"{USERS}{viewer.pk}/reactivate/")
    assert User.objects.get(pk=viewer.pk).is_active is True
    noted = set(Event.objects.filter(subject_id=str(viewer.pk)).values_list("name", flat=True))
    assert {"user.deactivated", "user.reactivated"} <= noted


def test_sessions_and_keys_are_ended_on_the_page(browser: Client, owner: User, viewer: User, actor: ActorOf) -> None:
    session = session_of(viewer)
    key, _text = api_key_create(actor=actor(viewer), name="ci", permissions=["robot.read"], now=timezone.now())
    page = browser.get(f"{USERS}{viewer.pk}/change/").content.decode()
    assert key.prefix in page
    assert key.secret_hash not in page
    assert told(browser.post(f"{USERS}{viewer.pk}/sessions/{session.pk}/end/", follow=True)) == [
        "The session has ended."
    ]
    assert told(browser.post(f"{USERS}{viewer.pk}/keys/{key.pk}/revoke/", follow=True)) == ["The key works no more."]
    assert Session.objects.get(pk=session.pk).revoked_at is not None
    assert ApiKey.objects.get(pk=key.pk).revoked_at is not None


def test_rights_beside_the_role_are_shown(browser: Client, owner: User, viewer: User, actor: ActorOf) -> None:
    robot: Any = apps.get_model("robots", "Robot")
    page = f"{USERS}{viewer.pk}/change/"
    assert "in place of the role" not in browser.get(page).content.decode()
    for holder, tag in ((viewer, "finance"), (viewer.role.group, "nightly")):
        tag_grant_add(
            actor=actor(owner), action="robot.run", holder=holder, model=robot, scope_tag=tag, now=timezone.now()
        )
    content = browser.get(page).content.decode()
    for text in ("#finance", "in place of the role", "#nightly", "viewer (adds)"):
        assert text in " ".join(content.split())


def test_not_through_the_page_of_another(browser: Client, owner: User, viewer: User, actor: ActorOf) -> None:
    session = session_of(owner)
    answer = browser.post(f"{USERS}{viewer.pk}/sessions/{session.pk}/end/", follow=True)
    assert told(answer) == ["There is no such session."]
    assert Session.objects.get(pk=session.pk).revoked_at is None


def test_the_last_administrator_stays(browser: Client, owner: User) -> None:
    answer = browser.post(f"{USERS}{owner.pk}/deactivate/", follow=True)
    assert told(answer)
    owner.refresh_from_db()
    assert owner.is_active is True


@pytest.mark.parametrize("what", ["deactivate", "reactivate", "invite"])
def test_no_right_to_people(maintainer: User, viewer: User, what: str) -> None:
    client = Client(SERVER_NAME="acme.localhost")
    client.force_login(maintainer)
    assert client.post(f"{USERS}{viewer.pk}/{what}/").status_code == 403
    assert client.get(f"{USERS}{viewer.pk}/{what}/").status_code in {403, 405}
    viewer.refresh_from_db()
    assert viewer.is_active is True


@pytest.mark.parametrize("many", [5, 50])
def test_lists_cost_the_same_whatever_their_length(browser: Client, owner: User, actor: ActorOf, many: int) -> None:
    for number in range(many):
        make_user(f"person-{number}@acme.example", "viewer")
        role_create(actor=actor(owner), slug=f"r-{number}", name=f"R {number}", actions=[], now=timezone.now())
    for page, expected in ((USERS, 7), (ROLES, 6)):
        browser.get(page)
        with CaptureQueriesContext(connection) as queries:
            assert browser.get(page).status_code == 200
        assert len(queries) == expected, (page, [query["sql"][:200] for query in queries])


# --- roles


def test_every_action_is_in_the_table() -> None:
    assert {action for _title, words in TABLE for action in words} == ACTIONS


def test_a_role_is_added_and_changed_by_ticks(browser: Client) -> None:
    page = browser.get(f"{ROLES}add/").content.decode()
    assert 'value="secret.reveal"' in page
    assert "platform.manage" not in page
    body = {"name": "Auditor", "slug": "auditor", "actions": ["audit.read", "run.read"]}
    assert browser.post(f"{ROLES}add/", body).status_code == 302
    role = Role.objects.get(slug="auditor")
    assert role.actions == ["audit.read", "run.read"]
    body = {"name": "Auditor", "actions": ["audit.read"]}
    assert browser.post(f"{ROLES}{role.pk}/change/", body).status_code == 302
    role.refresh_from_db()
    assert (role.actions, role.slug) == (["audit.read"], "auditor")


def test_what_the_service_refuses_stands_at_its_field(browser: Client) -> None:
    answer = browser.post(f"{ROLES}add/", {"name": "Again", "slug": "viewer", "actions": []})
    assert answer.context["adminform"].form.errors.keys() == {"slug"}
    answer = browser.post(f"{ROLES}add/", {"name": "All", "slug": "all", "actions": ["platform.manage"]})
    assert answer.context["adminform"].form.errors.keys() == {"actions"}
    assert not Role.objects.filter(slug="all").exists()


def test_built_in_roles_are_looked_at(browser: Client) -> None:
    role = Role.objects.get(slug="viewer")
    page = browser.get(f"{ROLES}{role.pk}/change/")
    assert page.status_code == 200
    assert "see robots" in page.content.decode()
    assert browser.post(f"{ROLES}{role.pk}/change/", {"name": "V", "actions": []}).status_code == 403
    browser.post(ROLES, {"action": "remove", "_selected_action": [str(role.pk)]})
    assert Role.objects.filter(slug="viewer").exists()


def test_one_of_its_own_is_removed(browser: Client, owner: User, actor: ActorOf) -> None:
    role = role_create(actor=actor(owner), slug="clerk", name="Clerk", actions=[], now=timezone.now())
    browser.post(ROLES, {"action": "remove", "_selected_action": [str(role.pk)]})
    assert not Role.objects.filter(slug="clerk").exists()


def test_no_right_to_roles(maintainer: User) -> None:
    client = Client(SERVER_NAME="acme.localhost")
    client.force_login(maintainer)
    assert client.get(ROLES).status_code == 403
    assert client.post(f"{ROLES}add/", {"name": "A", "slug": "a"}).status_code == 403
