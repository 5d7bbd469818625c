"""What the load meets: an organization with a service, a long log, and people who are signed in everywhere."""

from __future__ import annotations

from dataclasses import dataclass, field
from uuid import UUID, uuid4

import httpx
from django.utils import timezone

from apps.accounts.services.users import user_create
from apps.common.actor import Actor
from apps.executions.models import Execution, Status
from apps.robots.models import Robot
from apps.robots.tests.factories import robot_made, version_made
from apps.tenants.context import tenant_context
from conftest import PASSWORD
from tests.live import Live, Web
from tests.shop import SIGN_IN_OFTEN, Shop, run_stored, shop_opened

ROBOT = "for number in range(5): print('line', number, flush=True)\n"
LOG_LINES = 5000
PEOPLE = 20


@dataclass
class Person:
    """Somebody's tokens, and the cookie of their browser."""

    email: str
    access_token: str = ""
    refresh_token: str = ""
    cookies: dict[str, str] = field(default_factory=dict)


@dataclass
class Scene:
    """Where things are."""

    shop: Shop
    web: Web
    sockets: Web
    robot: Robot
    long_run: UUID
    people: list[Person]

    @property
    def host(self) -> str:
        return f"{self.shop.organization.slug}.localhost:{self.web.port}"

    def unfinished(self) -> int:
        """Runs that wait or run."""
        with tenant_context(self.shop.organization):
            return Execution.objects.filter(status__in=[Status.PENDING, Status.RUNNING]).count()

    def states(self) -> dict[str, int]:
        """How many runs of the robot ended how."""
        with tenant_context(self.shop.organization):
            found = Execution.objects.filter(run__robot=self.robot).values_list("status", flat=True)
            states: dict[str, int] = {}
            for status in found:
                states[status] = states.get(status, 0) + 1
            return states


def scene_set(live: Live) -> Scene:
    """With HTTP and sockets answered by processes of their own, as in production; workers are the caller's."""
    shop = shop_opened(live)
    with tenant_context(shop.organization):
        robot = robot_made(live.schema, f"Trivial {uuid4().hex[:8]}")
        version_made(live.schema, robot, ROBOT)
    scene = Scene(shop, live.http(**SIGN_IN_OFTEN), shop.web, robot, run_stored(shop, LOG_LINES), [])
    scene.people += [_person(scene, number) for number in range(PEOPLE)]
    return scene


def _person(scene: Scene, number: int) -> Person:
    """Somebody who signs in to the API and, in a browser, to the pages."""
    organization = scene.shop.organization
    email = f"load-{number}@{organization.slug}.example"
    actor = Actor.system("tests", schema=organization.schema_name)
    with tenant_context(organization):
        user_create(actor=actor, email=email, name="Load", password=PASSWORD, role="org_admin", now=timezone.now())
    with httpx.Client(base_url=scene.web.url, headers={"Host": scene.host}, timeout=60) as browser:
        answer = browser.post("/api/v1/auth/login", json={"email": email, "password": PASSWORD})
        answer.raise_for_status()
        tokens = answer.json()
        cookies = _signed_in(browser, email)
    return Person(email, tokens["access_token"], tokens["refresh_token"], cookies)


def _signed_in(browser: httpx.Client, email: str) -> dict[str, str]:
    page = "/portal/session/sign-in/"
    csrf = browser.get(page).cookies["csrftoken"]
    form = {"username": email, "password": PASSWORD, "csrfmiddlewaretoken": csrf}
    answer = browser.post(page, data=form, headers={"Cookie": f"csrftoken={csrf}"})
    assert answer.status_code == httpx.codes.FOUND, answer.text[:2000]
    return {"sessionid": answer.cookies["sessionid"]}
