"""A draft of a service: its form, its command and what is wrong with it, before anything is saved."""

from __future__ import annotations

from typing import Any
from uuid import uuid4

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from apps.accounts.models import User
from apps.common.actor import Actor
from apps.common.errors import PermissionDenied, Unauthorized
from apps.portal.errors import InvalidDefaultVersion, InvalidParameters
from apps.portal.models import Service
from apps.portal.services.previews import Draft, service_preview
from apps.portal.tests.conftest import FORM, TEMPLATE, ActorOf, MakeVersion, grant
from apps.robots.errors import RobotNotFound
from apps.robots.models import Robot, RobotVersion


def draft(robot: Robot | None = None, **changes: Any) -> Draft:
    given: dict[str, Any] = {"form": FORM, "template": TEMPLATE, "robot_id": None if robot is None else robot.pk}
    return Draft(**(given | changes))


def test_it_works(owner: User, actor: ActorOf, robot: Robot, version: RobotVersion) -> None:
    with CaptureQueriesContext(connection) as queries:
        shown = service_preview(
            actor=actor(owner), service=None, draft=draft(robot), answers={"periodo": "2026-02", "gone": "x"}
        )
    assert shown.fields is not None
    assert [field["key"] for field in shown.fields] == ["periodo"]
    assert (shown.form_problems, shown.template_problems, shown.refusal) == ((), (), None)
    assert shown.plan is not None
    assert shown.plan.inputs.arguments == ["--fixed", "--periodo=2026-02", "--inativos=false"]
    assert not [query["sql"] for query in queries if query["sql"].split()[0] in {"INSERT", "UPDATE", "DELETE"}]


def test_a_draft_of_a_stored_service_changes_nothing(owner: User, actor: ActorOf, service: Service) -> None:
    Service.objects.filter(pk=service.pk).update(enabled=False)
    service.refresh_from_db()
    changed = draft(service.robot, template={"mapping": {"runtime_arguments": ["--mes={periodo}"]}})
    shown = service_preview(actor=actor(owner), service=service, draft=changed, answers={"periodo": "2026-02"})
    assert shown.plan is not None
    assert shown.plan.rendered.arguments == ["--mes=2026-02"]
    stored = Service.objects.get()
    assert (stored.enabled, stored.run_template_json, stored.revision) == (False, TEMPLATE, 1)


def test_problems_name_the_place(owner: User, actor: ActorOf) -> None:
    fields = [*FORM["fields"], {"key": "loja", "label": "Loja", "type": "text", "validation": {"regex": "("}}]
    shown = service_preview(actor=actor(owner), service=None, draft=draft(form={"fields": fields}), answers=None)
    assert (shown.fields, shown.plan) == (None, None)
    assert [(each.number, each.rule) for each in shown.form_problems] == [(2, "validation.regex")]

    wrong = {"mapping": {"runtime_arguments": ["--a", "{nope}"]}}
    shown = service_preview(actor=actor(owner), service=None, draft=draft(template=wrong), answers=None)
    assert shown.fields is not None
    assert [(each.number, each.rule) for each in shown.template_problems] == [(None, "mapping.runtime_arguments[1]")]


@pytest.mark.parametrize("nonsense", [None, [], "text", {"fields": 1}, {"fields": [1]}, {"else": []}])
def test_nonsense_is_a_problem(owner: User, actor: ActorOf, nonsense: object) -> None:
    shown = service_preview(actor=actor(owner), service=None, draft=draft(form=nonsense), answers=None)
    assert shown.form_problems


def test_without_a_robot(owner: User, actor: ActorOf) -> None:
    shown = service_preview(actor=actor(owner), service=None, draft=draft(), answers=None)
    assert shown.fields is not None
    assert (shown.plan, shown.refusal) == (None, None)


def test_what_the_plan_refuses_is_told(
    owner: User, actor: ActorOf, robot: Robot, version: RobotVersion, make_version: MakeVersion
) -> None:
    strange = make_version(Robot.objects.create(name="Other", created_by=owner), "1.0.0")
    for given, error in (
        (draft(robot), InvalidParameters),
        (draft(robot_id=uuid4()), RobotNotFound),
        (draft(robot, version_id=strange.pk), InvalidDefaultVersion),
    ):
        shown = service_preview(actor=actor(owner), service=None, draft=given, answers=None)
        assert isinstance(shown.refusal, error)
        assert shown.fields is not None


def test_who_may_manage_one_service_may_draft_that_one(
    viewer: User, actor: ActorOf, service: Service, make_service: Any
) -> None:
    other = make_service(title="Other")
    grant(viewer, "service.manage", service)
    shown = service_preview(
        actor=actor(viewer), service=service, draft=draft(service.robot), answers={"periodo": "2026-02"}
    )
    assert isinstance(shown.refusal, PermissionDenied)  # it may write the form, and not run the robot
    with pytest.raises(PermissionDenied):
        service_preview(actor=actor(viewer), service=other, draft=draft(), answers=None)


def test_no_right(viewer: User, actor: ActorOf, service: Service) -> None:
    for given in (None, service):
        with pytest.raises(PermissionDenied):
            service_preview(actor=actor(viewer), service=given, draft=draft(), answers=None)


def test_nobody(actor: ActorOf, owner: User) -> None:
    nobody = Actor.anonymous(schema=actor(owner).schema)
    with pytest.raises(Unauthorized):
        service_preview(actor=nobody, service=None, draft=draft(), answers=None)
