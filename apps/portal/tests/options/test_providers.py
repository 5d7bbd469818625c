"""Live options from the organization's own data, and only as far as the actor may see."""

from __future__ import annotations

from typing import Any

import pytest

from apps.accounts.models import User
from apps.common.ids import uuid7
from apps.portal.forms.errors import Refused
from apps.portal.forms.options import OptionProvider
from apps.portal.forms.schema import Option, OptionsFrom
from apps.portal.options import providers
from apps.portal.options.robots import RobotOptions, VersionOptions
from apps.portal.options.users import UserOptions
from apps.portal.tests.conftest import ActorOf, MakeVersion, grant
from apps.robots.models import Robot, RobotVersion
from apps.tenants.context import tenant_context
from apps.tenants.models import Organization


@pytest.fixture
def robots(robot: Robot) -> tuple[Robot, Robot]:
    return robot, Robot.objects.create(name="Outro", pool="gpu")


def test_it_works(viewer: User, actor: ActorOf, robots: tuple[Robot, Robot]) -> None:
    folha, outro = (Option(robot.name, str(robot.pk)) for robot in robots)
    assert RobotOptions().resolve(actor(viewer), {}, {}, None) == [folha, outro]
    assert RobotOptions().resolve(actor(viewer), {"tag": "dp"}, {}, None) == [folha]
    assert RobotOptions().resolve(actor(viewer), {"pool": "gpu"}, {}, None) == [outro]
    assert RobotOptions().resolve(actor(viewer), {}, {}, {str(robots[1].pk), "x", "\x00"}) == [outro]


def test_an_id_in_another_spelling_is_no_option(viewer: User, actor: ActorOf, robot: Robot) -> None:
    assert RobotOptions().resolve(actor(viewer), {}, {}, {str(robot.pk).upper(), robot.pk.hex}) == []


def test_robots_out_of_scope(viewer: User, stranger: User, actor: ActorOf, robots: tuple[Robot, Robot]) -> None:
    grant(viewer, "robot.read", robots[1])
    assert RobotOptions().resolve(actor(viewer), {}, {}, {str(robots[0].pk)}) == []
    assert RobotOptions().resolve(actor(stranger), {}, {}, None) == []


def test_robots_of_another_organization(
    owner: User, actor: ActorOf, other_organization: Organization, robot: Robot
) -> None:
    with tenant_context(other_organization):
        foreign = Robot.objects.create(name="Alheio")
    assert RobotOptions().resolve(actor(owner), {}, {}, {str(foreign.pk)}) == []


def test_versions(viewer: User, actor: ActorOf, robot: Robot, version: RobotVersion, make_version: MakeVersion) -> None:
    beta = make_version(robot, "2.0.0-rc.1", channel="beta")
    newest, oldest = Option("2.0.0-rc.1", str(beta.pk)), Option("1.0.0", str(version.pk))
    who, provider = actor(viewer), VersionOptions()

    assert provider.resolve(who, {}, {"robo": str(robot.pk)}, None) == [newest, oldest]
    assert provider.resolve(who, {"robot_id": str(robot.pk), "channel": "stable"}, {}, None) == [oldest]
    assert provider.resolve(who, {}, {"robo": str(robot.pk)}, {oldest.value}) == [oldest]  # type: ignore[arg-type]


@pytest.mark.parametrize(
    "answer", ["x", 5, True, ["a"], str(uuid7())], ids=["text", "number", "yes", "list", "unknown"]
)
def test_versions_of_nothing(answer: Any, viewer: User, actor: ActorOf, version: RobotVersion) -> None:
    assert VersionOptions().resolve(actor(viewer), {}, {"robo": answer}, None) == []
    assert VersionOptions().resolve(actor(viewer), {}, {}, None) == []


def test_versions_out_of_scope(stranger: User, actor: ActorOf, robot: Robot, version: RobotVersion) -> None:
    assert VersionOptions().resolve(actor(stranger), {}, {"robo": str(robot.pk)}, None) == []


def test_users(owner: User, viewer: User, teammate: User, actor: ActorOf) -> None:
    User.objects.filter(pk=teammate.pk).update(is_active=False)
    shown = UserOptions().resolve(actor(owner), {}, {}, None)
    assert shown == [
        Option("Owner <owner@acme.example>", str(owner.pk)),
        Option("Viewer <viewer@acme.example>", str(viewer.pk)),
    ]
    assert UserOptions().resolve(actor(owner), {"role": "viewer"}, {}, None) == shown[1:]
    assert UserOptions().resolve(actor(owner), {}, {}, {str(teammate.pk), str(viewer.pk)}) == shown[1:]


def test_addresses_are_for_those_who_manage_users(viewer: User, actor: ActorOf) -> None:
    assert UserOptions().resolve(actor(viewer), {}, {}, None) == [Option("Viewer", str(viewer.pk))]


@pytest.mark.parametrize(
    ("provider", "filters", "rule"),
    [
        (RobotOptions(), {"colour": "red"}, "optionsFrom.filter"),
        (RobotOptions(), {"tag": 5}, "optionsFrom.filter.tag"),
        (VersionOptions(), {"robot_id": "x"}, "optionsFrom.filter.robot_id"),
        (UserOptions(), {"email": "x"}, "optionsFrom.filter"),
    ],
)
def test_a_filter_nobody_knows(provider: OptionProvider, filters: dict[str, Any], rule: str) -> None:
    with pytest.raises(Refused) as caught:
        provider.check_filter(filters)
    assert caught.value.rule == rule


@pytest.mark.parametrize("name", ["robots", "versions", "users"])
def test_every_provider_is_registered(name: str) -> None:
    providers.check_source(OptionsFrom(name, {}))
