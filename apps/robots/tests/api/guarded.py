"""The permission cases that every route of a robot or a run has; test files inherit them."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, ClassVar

import pytest
from rest_framework.test import APIClient

from apps.accounts.models import User
from apps.robots.models import Robot
from apps.robots.tests.factories import robot_made
from apps.tenants.models import Organization

Clients = Callable[[User | None], APIClient]


class Guarded:
    """Anonymous 401, no right 403, unseen 404, foreigner 404. A file's ``url`` fixture names the route."""

    method: ClassVar[str] = "get"
    body: ClassVar[Any] = None
    format: ClassVar[str] = "json"
    sees: ClassVar[str] = "robot.read"
    without: ClassVar[tuple[str, ...]] = ("stranger",)

    def call(self, client: APIClient, url: str) -> int:
        """The status of one well-formed request."""
        if self.method == "get":
            return int(client.get(url).status_code)
        return int(getattr(client, self.method)(url, self.body, format=self.format).status_code)

    def test_anonymous(self, client_of: Clients, url: str) -> None:
        assert self.call(client_of(None), url) == 401

    def test_without_the_right(self, client_of: Clients, url: str, request: pytest.FixtureRequest) -> None:
        for who in self.without:
            assert self.call(client_of(request.getfixturevalue(who)), url) == 403, who

    def test_unseen(
        self,
        client_of: Clients,
        url: str,
        maintainer: User,
        organization: Organization,
        grant: Callable[[User, str, Robot], Any],
    ) -> None:
        grant(maintainer, self.sees, robot_made(organization.schema_name, "The only one seen"))
        assert self.call(client_of(maintainer), url) == 404

    def test_foreigner(self, client_of: Clients, url: str, foreigner: User) -> None:
        assert self.call(client_of(foreigner), url) == 404
