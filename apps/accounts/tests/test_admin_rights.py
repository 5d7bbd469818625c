"""Rights in the back-office: groups, grants, and why somebody may do something."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from django.apps import apps
from django.test import Client
from django.utils import timezone

from apps.accounts.models import TagGrant, User, UserGrant, UserGroup
from apps.accounts.permissions import allowed
from apps.accounts.services.grants import holder_grant_add
from apps.accounts.services.groups import group_create, group_member_add
from apps.common.actor import Actor
from apps.common.ids import uuid7
from conftest import make_user

USERS, GROUPS = "/admin/accounts/user/", "/admin/accounts/usergroup/"
NOW = timezone.now()
Robot: Any = apps.get_model("robots", "Robot")  # of a higher floor, which is not imported
ActorOf = Callable[[User], Actor]


@pytest.fixture
def browser(owner: User) -> Client:
    client = Client(SERVER_NAME="acme.localhost")
    client.force_login(owner)
    return client


@pytest.fixture
def robot(owner: User) -> Any:
    return Robot.objects.create(name="payroll", tags=["finance"])


@pytest.fixture
def group(owner: User, actor: ActorOf) -> UserGroup:
    return group_create(actor=actor(owner), name="Night shift", now=NOW)


def text_of(answer: Any) -> str:
    assert answer.status_code == 200
    return " ".join(answer.content.decode().split())


def told(answer: Any) -> list[str]:
    return [str(message) for message in answer.context["messages"]]


def test_a_right_is_given_and_taken_back(browser: Client, viewer: User, robot: Any, actor: ActorOf) -> None:
    give = f"{USERS}{viewer.pk}/rights/give/"
    assert "admin.manage" not in text_of(browser.get(give))  # about everybody, so nothing for a grant
    page = text_of(browser.get(give, {"action": "robot.run", "q": "pay"}))
    assert "payroll" in page
    assert "tag of robots" in page
    assert "payroll" not in text_of(browser.get(give, {"action": "robot.run", "q": "other"}))
    sent = {"action": "robot.run", "kind": "robot", "id": str(robot.pk)}
    assert told(browser.post(give, sent, follow=True)) == [f"Given to {viewer.name}."]
    assert allowed(actor(viewer), "robot.run", robot)
    page = text_of(browser.get(f"{USERS}{viewer.pk}/change/"))
    for text in ("run robots", "robot.run", "payroll", "in place of the role"):
        assert text in page
    assert str(robot.pk) not in page
    grant = UserGrant.objects.get()
    assert told(browser.post(f"{USERS}{viewer.pk}/rights/{grant.pk}/take-back/", follow=True)) == [
        "The right is taken back."
    ]
    assert not UserGrant.objects.exists()


def test_a_right_by_tag(browser: Client, viewer: User, robot: Any) -> None:
    sent = {"action": "robot.run", "kind": "robot", "tag": "#finance"}
    assert browser.post(f"{USERS}{viewer.pk}/rights/give/", sent).status_code == 302
    assert TagGrant.objects.get().scope_tag == "finance"


@pytest.mark.parametrize(
    "wrong",
    [
        {},
        {"action": "robot.run", "kind": "robot"},
        {"action": "robot.run", "kind": "robot", "tag": " "},
        {"action": "robot.run", "kind": "robot", "id": "x\0"},
        {"action": "robot.run", "kind": "service", "id": str(uuid7())},
        {"action": "robot.run", "kind": "robot", "id": str(uuid7())},
        {"action": "admin.manage", "kind": "user", "id": str(uuid7())},
        {"action": "nonsense\0", "kind": "robot", "id": str(uuid7())},
    ],
)
def test_what_the_service_refuses_is_told(browser: Client, viewer: User, wrong: dict[str, str]) -> None:
    assert told(browser.post(f"{USERS}{viewer.pk}/rights/give/", wrong, follow=True))
    assert not UserGrant.objects.exists()
    assert not TagGrant.objects.exists()


@pytest.mark.parametrize("query", [{"action": "nonsense\0"}, {"action": "robot.run", "q": "\0", "on": "robot:x"}])
@pytest.mark.parametrize("page", ["give", "why"])
def test_nonsense_in_addresses(browser: Client, viewer: User, page: str, query: dict[str, str]) -> None:
    assert browser.get(f"{USERS}{viewer.pk}/rights/{page}/", query).status_code == 200


def test_why(browser: Client, owner: User, viewer: User, robot: Any, group: UserGroup, actor: ActorOf) -> None:
    why, on = f"{USERS}{viewer.pk}/rights/why/", {"on": f"robot:{robot.pk}"}
    page = text_of(browser.get(why, {"action": "robot.run"}))
    assert "not allowed" in page
    assert "The role Viewer does not give it" in page
    assert "The role Viewer gives it, everywhere." in text_of(browser.get(why, {"action": "robot.read"} | on))
    run = {"action": "robot.run", "resource_type": "robot"}
    holder_grant_add(actor=actor(owner), holder=group, **run, resource_id=robot.pk, now=NOW)
    group_member_add(actor=actor(owner), group=group, user=viewer, now=NOW)
    page = text_of(browser.get(why, {"action": "robot.run"} | on))
    assert "The group Night shift was granted it on robot payroll." in page
    holder_grant_add(
        actor=actor(owner), holder=viewer, action="run.read", resource_type="robot", scope_tag="x", now=NOW
    )
    page = text_of(browser.get(why, {"action": "run.read"} | on))
    assert "Granted in person on robot #x; for this action that takes the place of the role, and leaves" in page
    assert "The role Viewer does not give it" in text_of(browser.get(why, {"action": "admin.manage"}))


def test_a_group_from_its_beginning(browser: Client, viewer: User, robot: Any, actor: ActorOf) -> None:
    answer = browser.post(f"{GROUPS}add/", {"name": "Day shift"})
    group = UserGroup.objects.get()
    page = f"{GROUPS}{group.pk}/change/"
    assert (answer.status_code, answer["Location"]) == (302, page)
    assert "Nobody yet." in text_of(browser.get(page))
    browser.post(f"{GROUPS}{group.pk}/members/join/", {"email": viewer.email.upper()})
    sent = {"action": "robot.run", "kind": "robot", "id": str(robot.pk)}
    assert "take" in text_of(browser.get(f"{GROUPS}{group.pk}/rights/give/", {"action": "robot.run"}))
    browser.post(f"{GROUPS}{group.pk}/rights/give/", sent)
    assert allowed(actor(viewer), "robot.run", robot)
    for text in (viewer.email, "payroll", "run robots"):
        assert text in text_of(browser.get(page))
    assert "Day shift (adds)" in text_of(browser.get(f"{USERS}{viewer.pk}/change/"))
    assert browser.post(page, {"name": "Late shift"}).status_code == 302
    assert "Late shift" in text_of(browser.get(GROUPS))
    grant = group.group.groupgrant_set.get()
    browser.post(f"{GROUPS}{group.pk}/rights/{grant.pk}/take-back/")
    browser.post(f"{GROUPS}{group.pk}/members/{viewer.pk}/leave/")
    assert not allowed(actor(viewer), "robot.run", robot)
    assert told(browser.post(f"{GROUPS}{group.pk}/remove/", follow=True))[-1] == "The group is gone."
    assert not UserGroup.objects.exists()


def test_what_a_group_refuses_is_told(browser: Client, group: UserGroup) -> None:
    answer = browser.post(f"{GROUPS}add/", {"name": "viewer"})
    assert answer.context["adminform"].form.errors.keys() == {"name"}
    join = f"{GROUPS}{group.pk}/members/join/"
    assert told(browser.post(join, {"email": "nobody@acme.example"}, follow=True)) == ["There is no such user."]
    for path in (f"{GROUPS}{uuid7()}/remove/", f"{GROUPS}{uuid7()}/members/join/"):
        assert told(browser.post(path, follow=True)) == ["There is no such group."]
    assert told(browser.get(f"{GROUPS}{uuid7()}/rights/give/", follow=True)) == ["There is no such group."]
    browser.post(GROUPS, {"action": "remove", "_selected_action": [str(group.pk)]})
    assert not UserGroup.objects.exists()


def test_a_person_joins_and_leaves_on_their_page(browser: Client, viewer: User, group: UserGroup) -> None:
    page = f"{USERS}{viewer.pk}/"
    assert "Put into the group" in text_of(browser.get(f"{page}change/"))
    assert told(browser.post(f"{page}groups/join/", {"group": str(group.pk)}, follow=True)) == ["In the group now."]
    assert list(viewer.groups.all()) == [group.group]
    assert told(browser.post(f"{page}groups/join/", {"group": "x"}, follow=True)) == ["There is no such group."]
    assert told(browser.post(f"{page}groups/{group.pk}/leave/", follow=True)) == ["Out of the group."]
    assert not viewer.groups.exists()


@pytest.mark.parametrize("who", ["maintainer", "stranger"])
def test_without_the_right_it_is_403(request: pytest.FixtureRequest, viewer: User, group: UserGroup, who: str) -> None:
    client = Client(SERVER_NAME="acme.localhost")
    client.force_login(request.getfixturevalue(who))
    user, own = f"{USERS}{viewer.pk}/", f"{GROUPS}{group.pk}/"
    for path in (f"{user}rights/give/", f"{user}rights/why/", f"{own}rights/give/", f"{own}change/", GROUPS):
        assert client.get(path).status_code == 403
    posts = (f"{user}rights/give/", f"{user}rights/{uuid7()}/take-back/", f"{user}groups/join/")
    more = (f"{user}groups/{group.pk}/leave/", f"{own}remove/", f"{own}members/join/", f"{own}rights/give/")
    for path in (*posts, *more, f"{own}members/{viewer.pk}/leave/", f"{own}rights/{uuid7()}/take-back/"):
        assert client.post(path).status_code == 403
    assert UserGroup.objects.exists()


def test_lists_cost_the_same_whatever_their_length(
    browser: Client, viewer: User, owner: User, actor: ActorOf, django_assert_max_num_queries: Any
) -> None:
    for number in range(5):
        made = group_create(actor=actor(owner), name=f"Group {number}", now=NOW)
        group_member_add(actor=actor(owner), group=made, user=make_user(f"p{number}@acme.example", "viewer"), now=NOW)
        robot = Robot.objects.create(name=f"robot {number}", tags=[])
        given = {"action": "robot.run", "resource_type": "robot", "resource_id": robot.pk}
        holder_grant_add(actor=actor(owner), holder=viewer, **given, now=NOW)
    browser.get(GROUPS)
    with django_assert_max_num_queries(6):
        browser.get(GROUPS)
    with django_assert_max_num_queries(22):
        browser.get(f"{USERS}{viewer.pk}/change/")


def test_lists_of_grants_speak_of_things_by_name(
    browser: Client, viewer: User, robot: Any, group: UserGroup, owner: User, actor: ActorOf
) -> None:
    run: dict[str, Any] = {"actor": actor(owner), "action": "robot.run", "resource_type": "robot", "now": NOW}
    holder_grant_add(**run, holder=viewer, resource_id=robot.pk)
    holder_grant_add(**run, holder=viewer, scope_tag="finance")
    holder_grant_add(**run, holder=group, resource_id=robot.pk)
    for page, texts in (
        ("usergrant", ("run robots", "payroll", viewer.email)),
        ("groupgrant", ("run robots", "payroll", "Night shift")),
        ("taggrant", ("run robots", "#finance", viewer.email)),
    ):
        shown = text_of(browser.get(f"/admin/accounts/{page}/"))
        for text in texts:
            assert text in shown
        assert str(robot.pk) not in shown
    grant = UserGrant.objects.get()
    assert "Run robots" in text_of(browser.get(f"/admin/accounts/usergrant/{grant.pk}/change/"))
    robot.delete()
    assert f"{grant.object_pk[:8]}…" in text_of(browser.get("/admin/accounts/usergrant/"))


@pytest.mark.parametrize("many", [2, 12])
def test_lists_of_grants_cost_the_same_whatever_their_length(
    browser: Client, viewer: User, owner: User, actor: ActorOf, django_assert_num_queries: Any, many: int
) -> None:
    for number in range(many):
        robot = Robot.objects.create(name=f"robot {number}", tags=[])
        given = {"action": "robot.run", "resource_type": "robot", "resource_id": robot.pk}
        holder_grant_add(actor=actor(owner), holder=viewer, **given, now=NOW)
    browser.get("/admin/accounts/usergrant/")
    with django_assert_num_queries(8):
        browser.get("/admin/accounts/usergrant/")
