"""A form as one person sees it."""

from __future__ import annotations

from typing import Any

from apps.accounts.models import User
from apps.portal.models import Service
from apps.portal.selectors.forms import form_fields
from apps.portal.tests.conftest import ActorOf, MakeService, MakeVersion, grant
from apps.robots.models import Robot, RobotVersion

LIVE: dict[str, Any] = {
    "fields": [
        {"key": "robo", "label": "Robô", "type": "select", "optionsFrom": {"provider": "robots"}},
        {
            "key": "versao",
            "label": "Versão",
            "type": "select",
            "optionsFrom": {"provider": "versions", "filter": {"channel": "stable"}},
            "dependsOn": "robo",
        },
        {
            "key": "nota",
            "label": "Nota",
            "type": "text",
            "default": "a",
            "validation": {"max": 3},
            "showIf": {"field": "robo", "operator": "filled"},
        },
        {"key": "token", "label": "Token", "type": "secret"},
    ]
}


def test_it_works(viewer: User, actor: ActorOf, service: Service) -> None:
    assert form_fields(actor=actor(viewer), service=service, answers={}) == [
        {
            "key": "periodo",
            "label": "Periodo",
            "type": "text",
            "required": True,
            "default": None,
            "helpText": "YYYY-MM",
            "placeholder": None,
            "validation": {"regex": "^\\d{4}-\\d{2}$"},
            "options": None,
            "optionsFrom": None,
            "dependsOn": None,
            "showIf": None,
        }
    ]


def test_live_options_follow_the_answers_so_far(
    viewer: User,
    actor: ActorOf,
    make_service: MakeService,
    robot: Robot,
    version: RobotVersion,
    make_version: MakeVersion,
) -> None:
    make_version(robot, "2.0.0-rc.1", channel="beta")
    other = Robot.objects.create(name="Outro")
    live = make_service(form_schema_json=LIVE, run_template_json={"defaults": {"nota": "abc"}})
    by_key = {field["key"]: field for field in form_fields(actor=actor(viewer), service=live, answers={})}

    assert by_key["robo"]["options"] == [
        {"label": "Folha", "value": str(robot.pk)},
        {"label": "Outro", "value": str(other.pk)},
    ]
    assert by_key["versao"]["options"] == []
    assert by_key["versao"]["dependsOn"] == ["robo"]
    assert by_key["versao"]["optionsFrom"] == {"provider": "versions", "filter": {"channel": "stable"}}
    assert (by_key["nota"]["default"], by_key["nota"]["validation"]) == ("abc", {"max": 3})
    assert by_key["nota"]["showIf"] == {"field": "robo", "operator": "filled"}
    assert by_key["token"]["options"] == []

    answered = form_fields(actor=actor(viewer), service=live, answers={"robo": str(robot.pk), "x": 1, "nota": []})
    assert answered[1]["options"] == [{"label": "1.0.0", "value": str(version.pk)}]


def test_a_default_counts_as_an_answer_so_far(
    viewer: User, actor: ActorOf, make_service: MakeService, robot: Robot, version: RobotVersion
) -> None:
    live = make_service(form_schema_json=LIVE, run_template_json={"defaults": {"robo": str(robot.pk)}})
    fields = form_fields(actor=actor(viewer), service=live, answers={})
    assert fields[1]["options"] == [{"label": "1.0.0", "value": str(version.pk)}]


def test_options_are_those_this_person_may_see(
    viewer: User, actor: ActorOf, make_service: MakeService, robot: Robot
) -> None:
    live = make_service(form_schema_json=LIVE, run_template_json={})
    other = Robot.objects.create(name="Outro")
    grant(viewer, "robot.read", other)
    options = form_fields(actor=actor(viewer), service=live, answers={})[0]["options"]
    assert options == [{"label": "Outro", "value": str(other.pk)}]
