"""A robot's page: versions are published, activated and rolled back there, and runs started."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.utils import timezone

from apps.accounts.models import Role, Session, User
from apps.accounts.services.organizations import organization_settings_update
from apps.common.actor import Actor
from apps.common.testing import arriving, proven
from apps.events.models import Event
from apps.robots.models import Robot, RobotVersion, Run
from apps.robots.tests.admin.conftest import Browser, texts
from apps.robots.tests.factories import robot_made, uploaded, version_made, zip_of
from apps.tenants.context import public_context
from apps.tenants.models import Organization
from apps.tenants.selectors import settings_forget
from conftest import PASSWORD

ROBOTS = "/admin/robots/robot/"


def page_of(robot: Robot, rest: str = "change/") -> str:
    return f"{ROBOTS}{robot.pk}/{rest}"


def filled(**change: Any) -> dict[str, Any]:
    return {"artifact": uploaded(), "version": "1.0.0", "channel": "stable", "activate": "on"} | change


def test_what_is_next_for_a_robot_that_can_run_is_to_offer_it(
    organization: Organization, owner: User, maintainer: User, browser: Browser, robot: Robot
) -> None:
    offering = f'href="/admin/portal/service/add/?robot={robot.pk}"'
    assert offering not in browser(owner).get(page_of(robot)).content.decode()  # it has no version
    version_made(organization.schema_name, robot)
    page = browser(owner).get(page_of(robot)).content.decode()
    assert offering in page
    assert offering not in browser(maintainer).get(page_of(robot)).content.decode()
    form = browser(owner).get(f"/admin/portal/service/add/?robot={robot.pk}").content.decode()
    assert f'<option value="{robot.pk}" selected>' in form


def test_the_size_of_a_version_is_told_with_its_unit(
    organization: Organization, maintainer: User, browser: Browser, robot: Robot
) -> None:
    version = version_made(organization.schema_name, robot)
    page = browser(maintainer).get(f"/admin/robots/robotversion/{version.pk}/change/").content.decode()
    assert f"{version.artifact_size}\N{NO-BREAK SPACE}bytes" in page


def test_it_works(maintainer: User, browser: Browser, robot: Robot) -> None:
    client = browser(maintainer)
    page = client.get(page_of(robot)).content.decode()
    assert page_of(robot, "publish/") in page
    assert 'value="1.0.0"' in client.get(page_of(robot, "publish/")).content.decode()
    answer = client.post(page_of(robot, "publish/"), filled(arguments="--all\n\n--month=1\n", env_vars="MODE=quick"))
    assert answer["Location"] == page_of(robot)
    version = RobotVersion.objects.get()
    assert (version.is_active, version.arguments, version.env_vars) == (True, ["--all", "--month=1"], {"MODE": "quick"})
    assert (version.created_by, version.entrypoint_path) == (maintainer, "main.py")
    assert 'value="1.0.1"' in client.get(page_of(robot, "publish/")).content.decode()
    assert set(Event.objects.values_list("name", flat=True)) >= {"version.published", "version.activated"}


def test_a_zip_and_not_activated(maintainer: User, browser: Browser, version: RobotVersion) -> None:
    archive = SimpleUploadedFile("job.zip", zip_of({"src/start.py": "print()"}))
    given = filled(artifact=archive, version="2.0.0", activate="", entrypoint_path="src/start.py", channel="beta")
    assert browser(maintainer).post(page_of(version.robot, "publish/"), given).status_code == 302
    newer = RobotVersion.objects.get(version="2.0.0")
    assert (newer.is_active, newer.channel, newer.entrypoint_path) == (False, "beta", "src/start.py")


@pytest.mark.parametrize(
    ("field", "given"),
    [
        ("version", {"version": "one"}),
        ("version", {"version": "1.0.0"}),
        ("version", {"version": ""}),
        ("artifact", {"artifact": ""}),
        ("channel", {"channel": "nightly"}),
        ("env_vars", {"version": "2.0.0", "env_vars": "no equals sign"}),
        ("env_vars", {"version": "2.0.0", "env_vars": "PATH=/tmp"}),
        ("build_url", {"version": "2.0.0", "build_url": "javascript:alert(1)"}),
        ("version", {"version": "1.0.0\0"}),
        ("arguments", {"version": "2.0.0", "arguments": "a\0b"}),
    ],
)
def test_what_is_wrong_is_shown_at_its_field(
    maintainer: User, browser: Browser, version: RobotVersion, field: str, given: dict[str, Any]
) -> None:
    answer = browser(maintainer).post(page_of(version.robot, "publish/"), filled(**given))
    assert answer.status_code == 200
    assert field in answer.context["form"].errors, answer.context["form"].errors
    assert RobotVersion.objects.count() == 1


def test_a_broken_zip_is_explained(maintainer: User, browser: Browser, robot: Robot) -> None:
    broken = SimpleUploadedFile("job.zip", b"no zip at all")
    answer = browser(maintainer).post(page_of(robot, "publish/"), filled(artifact=broken))
    assert answer.context["form"].errors
    assert not RobotVersion.objects.exists()


def test_activate_and_roll_back(
    maintainer: User, browser: Browser, organization: Organization, version: RobotVersion
) -> None:
    client, robot = browser(maintainer), version.robot
    newer = version_made(organization.schema_name, robot, version="2.0.0")
    page = client.get(page_of(robot)).content.decode()
    assert "Roll back to 1.0.0" in page
    client.post(page_of(robot, f"versions/{version.pk}/activate/"))
    version.refresh_from_db()
    assert version.is_active
    assert "Activate 2.0.0" in client.get(page_of(robot)).content.decode()
    client.post(page_of(robot, f"versions/{newer.pk}/activate/"))
    newer.refresh_from_db()
    assert newer.is_active


def test_run(teammate: User, browser: Browser, version: RobotVersion) -> None:
    answer = browser(teammate).post(page_of(version.robot, "run/"), {"arguments": "--a\r\n--b c\r\n"})
    run = Run.objects.get()
    assert answer["Location"] == f"/admin/robots/run/{run.pk}/change/"
    assert run.arguments == ["--a", "--b c"]


def test_nothing_runs_without_a_version(teammate: User, browser: Browser, robot: Robot) -> None:
    client = browser(teammate)
    answer = client.post(page_of(robot, "run/"))
    assert answer["Location"] == page_of(robot)
    assert texts(answer)
    assert not Run.objects.exists()


def test_who_may_not_publish(viewer: User, browser: Browser, version: RobotVersion) -> None:
    client, robot = browser(viewer), version.robot
    page = client.get(page_of(robot)).content.decode()
    assert page_of(robot, "publish/") not in page
    assert "activate/" not in page
    client.post(page_of(robot, "publish/"), filled(version="2.0.0"))
    client.post(page_of(robot, f"versions/{version.pk}/activate/"))
    client.post(page_of(robot, "run/"))
    assert RobotVersion.objects.count() == 1
    assert not Run.objects.exists()
    assert not Event.objects.filter(actor_id=str(viewer.pk), name__startswith="version").exists()


def test_a_version_of_another_robot_is_not_found(
    maintainer: User, browser: Browser, organization: Organization, version: RobotVersion
) -> None:
    other = robot_made(organization.schema_name, "Another")
    answer = browser(maintainer).post(page_of(other, f"versions/{version.pk}/activate/"))
    assert texts(answer)
    assert not Event.objects.filter(name="version.activated", actor_type="user").exists()


def test_only_a_robot_that_may_be_seen(
    maintainer: User, browser: Browser, organization: Organization, robot: Robot, grant: Callable[..., Any]
) -> None:
    grant(maintainer, "robot.publish", robot_made(organization.schema_name, "The only one"))
    client = browser(maintainer)
    client.post(page_of(robot, "publish/"), filled())
    assert not RobotVersion.objects.exists()
    assert page_of(robot, "publish/") not in client.get(page_of(robot)).content.decode()


@pytest.mark.parametrize("rest", ["run/", "versions/01890000-0000-7000-8000-000000000000/activate/"])
def test_what_acts_is_posted(maintainer: User, browser: Browser, robot: Robot, rest: str) -> None:
    assert browser(maintainer).get(page_of(robot, rest)).status_code == 405


def test_a_large_package_gets_through(maintainer: User, browser: Browser, robot: Robot, settings: Any) -> None:
    source, client = "#" * (settings.ENV.max_body_bytes + 1), browser(maintainer)
    assert client.post(page_of(robot, "publish/"), filled(artifact=uploaded(source))).status_code == 302
    assert client.post(page_of(robot), {"name": uploaded(source)}).status_code == 413


def test_a_form_with_its_proof_is_taken(maintainer: User, browser: Browser, robot: Robot) -> None:
    client, page = proven(browser(maintainer)), page_of(robot, "publish/")
    proof = client.defaults.pop("HTTP_X_CSRFTOKEN")
    assert client.post(page, filled(csrfmiddlewaretoken=proof)).status_code == 302
    assert RobotVersion.objects.count() == 1


@pytest.mark.parametrize("proof", ["", "y" * 32])
def test_a_form_without_its_proof_is_refused(maintainer: User, browser: Browser, robot: Robot, proof: str) -> None:
    client, page = proven(browser(maintainer)), page_of(robot, "publish/")
    del client.defaults["HTTP_X_CSRFTOKEN"]
    assert client.post(page, filled(csrfmiddlewaretoken=proof)).status_code == 403
    assert not RobotVersion.objects.exists()


def test_nothing_is_read_of_who_may_not(viewer: User, browser: Browser, robot: Robot) -> None:
    client, page = proven(browser(viewer)), page_of(robot, "publish/")
    answer, stream = arriving(client, page, filled(), lambda: None)
    assert (answer["Location"], stream.sent) == (page_of(robot), False)


def test_nothing_is_read_of_nobody(browser: Browser, viewer: User, robot: Robot) -> None:
    client, page = proven(browser(viewer)), page_of(robot, "publish/")
    del client.cookies["sessionid"]
    answer, stream = arriving(client, page, filled(), lambda: None)
    assert (answer["Location"], stream.sent) == (f"/admin/login/?next={page}", False)


def signed_out(_user: User) -> None:
    Session.objects.update(revoked_at=timezone.now())


def switched_off(user: User) -> None:
    User.objects.filter(pk=user.pk).update(is_active=False)


def lessened(user: User) -> None:
    User.objects.filter(pk=user.pk).update(role=Role.objects.get(slug="viewer"))


@pytest.mark.parametrize("happens", [signed_out, switched_off, lessened])
def test_who_may_no_more_once_it_has_come_publishes_nothing(
    maintainer: User, browser: Browser, robot: Robot, happens: Callable[[User], None]
) -> None:
    client, page = proven(browser(maintainer)), page_of(robot, "publish/")
    answer, stream = arriving(client, page, filled(), lambda: happens(maintainer))
    led_to = page_of(robot) if happens is lessened else f"/admin/login/?next={page}"
    assert (answer.status_code, answer["Location"], stream.sent) == (302, led_to, True)
    assert not RobotVersion.objects.exists()


def test_a_second_factor_that_is_wanted_once_it_has_come(
    owner: User, browser: Browser, robot: Robot, organization: Organization
) -> None:
    def wanted() -> None:
        system = Actor.system("tests", schema=organization.schema_name)
        organization_settings_update(actor=system, changes={"require_second_factor": True}, now=timezone.now())
        settings_forget(system.schema)  # the commit that would do so never comes

    owner.set_password(PASSWORD)
    owner.save(update_fields=["password"])
    answer, stream = arriving(proven(browser(owner)), page_of(robot, "publish/"), filled(), wanted)
    assert (answer.status_code, answer["Location"], stream.sent) == (302, "/second-factor", True)
    assert not RobotVersion.objects.exists()


def test_an_organization_that_was_suspended_meanwhile(
    maintainer: User, browser: Browser, robot: Robot, organization: Organization
) -> None:
    def suspended() -> None:
        with public_context():
            Organization.objects.filter(pk=organization.pk).update(is_active=False)

    client = proven(browser(maintainer))
    answer, stream = arriving(client, page_of(robot, "publish/"), filled(), suspended)
    assert (answer.status_code, stream.sent) == (403, True)
    assert not RobotVersion.objects.exists()
