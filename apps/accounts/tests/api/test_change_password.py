"""POST /api/v1/auth/change-password."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from django.utils import timezone
from rest_framework.test import APIClient

from apps.accounts.models import LinkPurpose, PasswordLink, Session, User
from apps.accounts.services.password_links import password_link_issue
from apps.common.actor import Actor
from apps.tenants.models import Organization
from conftest import PASSWORD, bearer

URL, NEW = "/api/v1/auth/change-password", "Another-horse-8"
Clients = Callable[[User | None], APIClient]


def change(api: APIClient, current: str = PASSWORD, new: str = NEW, **more: Any) -> Any:
    return api.post(URL, {"current_password": current, "new_password": new}, **more)


def test_it_works_and_ends_the_other_sessions(
    client_of: Clients, member: User, organization: Organization, api: APIClient
) -> None:
    mine, other = client_of(member), f"Bearer {bearer(member, organization)}"
    answer = change(mine)
    assert (answer.status_code, answer.content) == (204, b"")
    member.refresh_from_db()
    assert member.check_password(NEW)
    assert mine.get("/api/v1/auth/me").status_code == 200
    assert api.get("/api/v1/auth/me", HTTP_AUTHORIZATION=other).status_code == 401
    assert sorted(Session.objects.values_list("revoked_reason", flat=True)) == ["", "password_changed"]


def test_a_wrong_current_one_is_400(client_of: Clients, member: User) -> None:
    answer = change(client_of(member), "Wrong-horse-7")
    assert (answer.status_code, answer.json()["error_code"]) == (400, "wrong_password")
    member.refresh_from_db()
    assert (member.check_password(PASSWORD), member.failed_logins) == (True, 1)


@pytest.mark.parametrize("keyed", [False, True])
def test_whoever_found_an_open_session_cannot_guess_on(client_of: Clients, member: User, keyed: bool) -> None:
    """Wrong ones count like those of a sign-in, with an ``Idempotency-Key`` too, whose transaction is around it."""
    api = client_of(member)
    headers = [{"HTTP_IDEMPOTENCY_KEY": f"guess-{number}"} if keyed else {} for number in range(6)]
    answers = [change(api, "Wrong-horse-7", **each) for each in headers]
    assert [answer.status_code for answer in answers] == [400] * 5 + [403]
    assert answers[-1].json()["error_code"] == "account_locked"
    assert change(api).status_code == 403


def test_a_weak_new_one_misses_each_rule_by_a_text(client_of: Clients, member: User) -> None:
    answer = change(client_of(member), new="zqx")
    assert answer.status_code == 422
    assert len(answer.json()["errors"]["new_password"]) == 3


def test_links_mailed_before_are_void(client_of: Clients, member: User, organization: Organization) -> None:
    system = Actor.system("tests", schema=organization.schema_name)
    password_link_issue(actor=system, user_id=member.pk, purpose=LinkPurpose.RESET, now=timezone.now())
    change(client_of(member))
    assert not PasswordLink.objects.exists()


def test_who_has_none_yet_cannot_change_it(client_of: Clients, owner: User) -> None:
    assert change(client_of(owner), "!").status_code == 400


def test_nobody_is_401(client_of: Clients) -> None:
    assert change(client_of(None)).status_code == 401


def test_a_key_changes_nobodys(client_of: Clients, member: User, api: APIClient) -> None:
    body = {"name": "ci", "permissions": ["robot.read"]}
    key = client_of(member).post("/api/v1/api-keys", body).json()["key"]
    assert change(api, HTTP_X_API_KEY=key).status_code == 403


def test_a_foreigner_changes_their_own(client_of: Clients, foreigner: User, member: User) -> None:
    assert change(client_of(foreigner)).status_code == 400  # the foreigner's is another
    member.refresh_from_db()
    assert (member.check_password(PASSWORD), member.failed_logins) == (True, 0)


@pytest.mark.parametrize("body", [{}, {"current_password": "x"}, {"current_password": 1, "new_password": NEW}])
def test_the_wrong_shape_is_422(client_of: Clients, member: User, body: dict[str, Any]) -> None:
    assert client_of(member).post(URL, body).status_code == 422


def test_a_repeated_request_gets_the_same_answer(client_of: Clients, member: User) -> None:
    api = client_of(member)
    answers = [change(api, HTTP_IDEMPOTENCY_KEY="one") for _ in range(2)]
    assert [answer.status_code for answer in answers] == [204, 204]
