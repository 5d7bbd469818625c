"""POST /api/v1/auth/reset-password."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone
from rest_framework.test import APIClient

from apps.accounts.models import AuthSource, LinkPurpose, PasswordLink, Session, User
from apps.accounts.services.password_links import password_link_issue
from apps.accounts.services.users import user_update
from apps.accounts.tenancy import API_KEY, PASSWORD_LINK, marked
from apps.accounts.tests.conftest import Device
from apps.common.actor import Actor
from apps.events.models import Event
from apps.tenants.context import public_context, tenant_context
from apps.tenants.models import Organization
from conftest import PASSWORD, bearer, make_user

URL, NEW = "/api/v1/auth/reset-password", "Another-horse-8"
InThreads = Callable[[list[Callable[[], Any]]], list[Any]]


def issue(user: User, schema: str, purpose: LinkPurpose = LinkPurpose.RESET) -> str:
    actor = Actor.system("tests", schema=schema)
    issued = password_link_issue(actor=actor, user_id=user.pk, purpose=purpose, now=timezone.now())
    assert issued is not None
    return issued[1]


@pytest.fixture
def token(member: User, organization: Organization) -> str:
    return issue(member, organization.schema_name)


def reset(api: APIClient, token: str, password: str = NEW) -> Any:
    return api.post(URL, {"token": token, "new_password": password})


def refused(answer: Any) -> bool:
    return (answer.status_code, answer.json()["error_code"]) == (400, "invalid_token")


def test_it_works(api: APIClient, member: User, organization: Organization, token: str) -> None:
    access = bearer(member, organization)
    User.objects.filter(pk=member.pk).update(failed_logins=5, locked_until=timezone.now() + timedelta(minutes=5))
    answer = reset(api, token)
    assert (answer.status_code, set(answer.json())) == (200, {"message"})
    member.refresh_from_db()
    assert member.check_password(NEW)
    assert (member.failed_logins, member.locked_until) == (0, None)
    assert Session.objects.get(user=member).revoked_reason == "password_reset"
    assert api.get("/api/v1/auth/me", HTTP_AUTHORIZATION=f"Bearer {access}").status_code == 401
    assert api.post("/api/v1/auth/login", {"email": member.email, "password": NEW}).status_code == 200
    done = Event.objects.get(name="user.password_reset")
    assert (done.actor_id, done.subject_id, done.ip) == (str(member.pk), str(member.pk), "192.0.2.7")
    assert token not in str(list(Event.objects.values()))


def test_a_second_factor_is_asked_for_all_the_same(api: APIClient, member: User, device: Device, token: str) -> None:
    assert reset(api, token).status_code == 200
    answer = api.post("/api/v1/auth/login", {"email": member.email, "password": NEW})
    assert (answer.status_code, answer.json()["error_code"]) == (401, "second_factor_required")


def test_an_invitation_is_accepted_here_too(api: APIClient, owner: User, organization: Organization) -> None:
    token = issue(owner, organization.schema_name, LinkPurpose.INVITATION)
    assert reset(api, token).status_code == 200
    owner.refresh_from_db()
    assert owner.check_password(NEW)
    assert Event.objects.filter(name="user.invitation_accepted", subject_id=str(owner.pk)).count() == 1


def test_it_works_once(api: APIClient, token: str) -> None:
    assert reset(api, token).status_code == 200
    assert refused(reset(api, token, "Third-horse-9"))


def test_using_one_link_voids_the_others(api: APIClient, owner: User, organization: Organization) -> None:
    invitation = issue(owner, organization.schema_name, LinkPurpose.INVITATION)
    assert reset(api, issue(owner, organization.schema_name)).status_code == 200
    assert refused(reset(api, invitation))


def test_a_word_of_ones_own_uses_no_link_up(api: APIClient, member: User, token: str) -> None:
    User.objects.filter(pk=member.pk).update(name="Beatriz")
    answer = reset(api, token, "Beatriz-1")
    assert (answer.status_code, len(answer.json()["errors"]["new_password"])) == (422, 1)
    assert reset(api, token).status_code == 200


def test_an_old_one_is_refused(api: APIClient, token: str) -> None:
    PasswordLink.objects.update(expires_at=timezone.now())
    assert refused(reset(api, token))


@pytest.mark.parametrize(
    "bad",
    ["x", "ofp", "ofp__", "ofp_public_x", "ofp_platform_x", "ofp_000000000000_x", "ofp_\u00e9_x", "ofp_" + "a" * 150],
)
def test_what_is_no_token_is_refused(api: APIClient, organization: Organization, bad: str) -> None:
    assert refused(reset(api, bad))


def test_other_credentials_of_the_organization_are_refused(api: APIClient, organization: Organization) -> None:
    for kind in (API_KEY, PASSWORD_LINK):
        assert refused(reset(api, marked(kind, organization.schema_name)))


def test_a_token_moved_to_another_organization_is_refused(
    api: APIClient, token: str, other_organization: Organization
) -> None:
    secret = token.split("_", 2)[2]
    assert refused(reset(api, marked(PASSWORD_LINK, other_organization.schema_name, secret)))
    assert PasswordLink.objects.count() == 1


@pytest.mark.parametrize(("host", "status"), [("localhost", 200), ("acme.localhost", 200), ("rival.localhost", 400)])
@pytest.mark.usefixtures("other_organization")
def test_it_works_on_the_own_and_the_shared_host_alone(api: APIClient, token: str, host: str, status: int) -> None:
    api.defaults["SERVER_NAME"] = host
    assert reset(api, token).status_code == status


@pytest.mark.parametrize("change", [{"is_active": False}, {"auth_source": AuthSource.OIDC}])
def test_who_may_not_set_a_password_is_refused(api: APIClient, member: User, token: str, change: Any) -> None:
    User.objects.filter(pk=member.pk).update(**change)
    assert refused(reset(api, token))


def test_an_inactive_organization_is_refused(api: APIClient, token: str, organization: Organization) -> None:
    with public_context():
        Organization.objects.filter(pk=organization.pk).update(is_active=False)
    assert refused(reset(api, token))


@pytest.mark.parametrize(
    "changes", [{"email": "moved@acme.example"}, {"is_active": False}, {"password": "Third-horse-9"}], ids=str
)
def test_a_change_of_address_state_or_password_voids_it(
    api: APIClient, member: User, token: str, organization: Organization, changes: dict[str, Any]
) -> None:
    system = Actor.system("tests", schema=organization.schema_name)
    user_update(actor=system, user=member, changes=changes, now=timezone.now())
    if "is_active" in changes:
        user_update(actor=system, user=member, changes={"is_active": True}, now=timezone.now())
    assert refused(reset(api, token))


def test_another_change_does_not(api: APIClient, member: User, token: str, organization: Organization) -> None:
    system = Actor.system("tests", schema=organization.schema_name)
    user_update(actor=system, user=member, changes={"name": "Maria", "role": "viewer"}, now=timezone.now())
    assert reset(api, token).status_code == 200


def test_a_weak_password_misses_each_rule_by_a_text_and_uses_nothing_up(api: APIClient, token: str) -> None:
    answer = reset(api, token, "zqx")
    assert (answer.status_code, answer.json()["error_code"]) == (422, "invalid_input")
    assert len(answer.json()["errors"]["new_password"]) == 3
    assert reset(api, token, "Password1").status_code == 422  # a common one
    assert reset(api, token).status_code == 200


def test_all_that_is_missed_is_told_at_once(api: APIClient, member: User, token: str) -> None:
    """A word of one's own, too, which the token alone tells."""
    User.objects.filter(pk=member.pk).update(name="Beatriz")
    assert len(reset(api, token, "beatriz-1").json()["errors"]["new_password"]) == 2


def test_of_a_bad_token_no_more_is_said(api: APIClient, organization: Organization) -> None:
    assert refused(reset(api, "x", "zqx"))


def test_an_unknown_token_costs_no_hash(
    api: APIClient, organization: Organization, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("apps.accounts.models.User.set_password", None)
    with CaptureQueriesContext(connection) as queries:
        assert refused(reset(api, marked(PASSWORD_LINK, organization.schema_name)))
    assert not [each for each in queries if each["sql"].startswith(("INSERT", "UPDATE", "DELETE"))]


@pytest.mark.parametrize("body", [{}, {"token": "x"}, {"new_password": NEW}, {"token": 1, "new_password": NEW}])
def test_the_wrong_shape_is_422(api: APIClient, body: dict[str, Any]) -> None:
    assert api.post(URL, body).status_code == 422


def test_a_repeated_request_gets_the_same_answer(api: APIClient, token: str) -> None:
    body = {"token": token, "new_password": NEW}
    first, second = (api.post(URL, body, HTTP_IDEMPOTENCY_KEY="one") for _ in range(2))
    assert (first.status_code, second.status_code) == (200, 200)
    assert second["Idempotency-Replayed"] == "true"
    assert api.post(URL, body | {"new_password": "Third-horse-9"}, HTTP_IDEMPOTENCY_KEY="one").status_code == 409


@pytest.mark.usefixtures("hashing_in_earnest")
def test_of_ten_at_once_one_wins(live_organization: Organization, in_threads: InThreads) -> None:
    with tenant_context(live_organization):
        user = make_user("victim@acme.example", "operator", password=PASSWORD)
        token = issue(user, live_organization.schema_name)

    def attempt(number: int) -> tuple[int, str]:
        password = f"Parallel-horse-{number}"
        client = Client(SERVER_NAME="localhost", REMOTE_ADDR="192.0.2.7")
        body = {"token": token, "new_password": password}
        return client.post(URL, body, content_type="application/json").status_code, password

    answers = in_threads([lambda number=number: attempt(number) for number in range(10)])  # type: ignore[misc]
    assert Counter(code for code, _password in answers) == {200: 1, 400: 9}
    [winner] = [password for code, password in answers if code == 200]
    with tenant_context(live_organization):
        user.refresh_from_db()
        assert user.check_password(winner)
        assert Event.objects.filter(name="user.password_reset").count() == 1
