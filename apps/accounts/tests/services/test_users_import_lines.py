"""People from the lines of a file that has been read; what they may hold, `tests/api/test_users_import.py` asks."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from django.utils import timezone

from apps.accounts.models import User
from apps.accounts.services.user_imports import users_import_lines
from apps.common.actor import Actor
from apps.common.errors import PermissionDenied, Unauthorized
from apps.common.imports import Change, Imported
from apps.events.models import Event
from apps.tenants.context import tenant_context
from apps.tenants.models import Organization
from conftest import make_user

ActorOf = Callable[[User], Actor]
Mailed = Callable[[], list[Any]]


def line(email: str, **more: Any) -> dict[str, Any]:
    return {"email": email, "name": "Nova", "role": "operator", **more}


def imported(actor: Actor, *lines: dict[str, Any], dry_run: bool = False) -> Imported:
    return users_import_lines(actor=actor, lines=dict(enumerate(lines, 2)), dry_run=dry_run, now=timezone.now())


def test_it_works(owner: User, viewer: User, actor: ActorOf, mailed: Mailed) -> None:
    report = imported(
        actor(owner),
        line("New@Acme.example", department="RH"),
        line(viewer.email.upper(), name="Vera", role="Operator"),
        {"email": owner.email, "name": owner.name, "role": "org_admin"},
    )
    assert report == Imported({2: Change.CREATED, 3: Change.UPDATED, 4: Change.UNCHANGED}, [])
    new, vera = User.objects.get(email="new@acme.example"), User.objects.get(pk=viewer.pk)
    assert (new.role.slug, new.department, new.is_active) == ("operator", "RH", True)
    assert (vera.name, vera.role.slug) == ("Vera", "operator")
    assert [mail.to for mail in mailed()] == [["new@acme.example"]]
    told = Event.objects.filter(actor_id=str(owner.pk)).order_by("id").values_list("name", "subject_id")
    assert list(told) == [
        ("user.created", str(new.pk)),
        ("user.invited", str(new.pk)),
        ("user.updated", str(vera.pk)),
    ]


def test_columns_that_are_not_there_change_nothing(owner: User, actor: ActorOf) -> None:
    member = make_user("member@acme.example", "operator")
    User.objects.filter(pk=member.pk).update(phone="1234", name="Nova")
    assert imported(actor(owner), line(member.email)).changes == {2: Change.UNCHANGED}
    member.refresh_from_db()
    assert member.phone == "1234"


def test_one_wrong_line_and_nothing_is_written(owner: User, actor: ActorOf, mailed: Mailed) -> None:
    report = imported(actor(owner), line("a@acme.example"), line("b@acme.example", role="nonsense"))
    assert [(error.line, error.field) for error in report.errors] == [(3, "role")]
    assert not User.objects.filter(email="a@acme.example").exists()
    assert not Event.objects.filter(name="user.created").exists()
    assert mailed() == []


def test_a_dry_run_writes_nothing(owner: User, actor: ActorOf, mailed: Mailed) -> None:
    report = imported(actor(owner), line("a@acme.example"), dry_run=True)
    assert report.count(Change.CREATED) == 1
    assert User.objects.count() == 1
    assert mailed() == []


@pytest.mark.parametrize("who", ["viewer", "maintainer"])
def test_without_the_right(request: pytest.FixtureRequest, actor: ActorOf, who: str) -> None:
    with pytest.raises(PermissionDenied):
        imported(actor(request.getfixturevalue(who)), line("a@acme.example"), dry_run=True)


def test_nobody(organization: Organization) -> None:
    with pytest.raises(Unauthorized):
        imported(Actor.anonymous(schema=organization.schema_name), line("a@acme.example"))


def test_another_organizations_people_stay_theirs(
    owner: User, foreigner: User, other_organization: Organization, actor: ActorOf
) -> None:
    before = (foreigner.name, "org_admin")
    assert imported(actor(owner), line(foreigner.email)).changes == {2: Change.CREATED}
    with tenant_context(other_organization):
        foreigner.refresh_from_db()
        assert (foreigner.name, foreigner.role.slug) == before
