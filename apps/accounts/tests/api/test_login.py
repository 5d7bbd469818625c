"""POST /api/v1/auth/login."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone
from rest_framework.test import APIClient

from apps.accounts.models import Session, User
from apps.accounts.services import sign_in as sign_in_module
from apps.accounts.services.attempts import FAILURES_UNTIL_LOCK, LOCK, Attempt
from apps.accounts.services.users import user_update
from apps.accounts.tests.conftest import enrolled
from apps.accounts.tokens import read_access_token
from apps.common.actor import Actor
from apps.events.models import Event
from apps.tenants.context import public_context, tenant_context
from apps.tenants.models import Organization
from conftest import PASSWORD, make_user

URL = "/api/v1/auth/login"


def login(api: APIClient, user: User | str, password: str = PASSWORD, **more: str) -> Any:
    email = user if isinstance(user, str) else user.email
    return api.post(URL, {"email": email, "password": password, **more})


@pytest.fixture
def twin(member: User, other_organization: Organization) -> User:
    """Another account of the same address, in another organization, with the same password."""
    with tenant_context(other_organization):
        return make_user(member.email, "viewer", password=PASSWORD)


def test_it_works(api: APIClient, member: User, organization: Organization) -> None:
    answer = login(api, member)
    assert answer.status_code == 200, answer.data
    body = answer.json()
    claims = read_access_token(body["access_token"])
    assert (claims.user_id, claims.organization_id, claims.role) == (member.pk, organization.pk, "operator")
    assert claims.expires_at == pytest.approx(timezone.now().timestamp() + body["expires_in"], abs=5)
    assert body["user"]["last_login_at"] is not None
    assert body["user"]["organization"] == body["organization"]
    session = Session.objects.get(pk=claims.session_id)
    assert session.ip == api.defaults["REMOTE_ADDR"]
    assert Event.objects.filter(name="session.started", actor_id=str(member.pk)).count() == 1


def test_letters_case_of_the_address_does_not_matter(api: APIClient, member: User) -> None:
    assert login(api, member.email.upper()).status_code == 200


@pytest.mark.usefixtures("unlimited")
@pytest.mark.parametrize(
    "password", [" Spaces-at-both-ends-7 ", "Senha-d'água-🔑-7", "A1" + "a long sentence of words " * 3]
)
def test_a_password_is_taken_as_it_is(api: APIClient, organization: Organization, password: str) -> None:
    somebody = make_user("somebody@acme.example", "viewer", password=password)
    for other in (password.swapcase(), password[:-1], f"{password} ", f" {password}"):
        assert login(api, somebody, other).status_code == 401
    assert login(api, somebody, password).status_code == 200


def test_a_stale_token_does_not_hinder(api: APIClient, member: User) -> None:
    api.credentials(HTTP_AUTHORIZATION="Bearer long.gone.token")
    assert login(api, member).status_code == 200


def test_wrong_and_unknown_answer_alike(api: APIClient, member: User) -> None:
    wrong, unknown = login(api, member, "Wrong-horse-7"), login(api, "nobody@nowhere.example")
    assert (wrong.status_code, unknown.status_code) == (401, 401)
    assert wrong.json()["detail"] == unknown.json()["detail"] == "Incorrect email or password"
    assert wrong["WWW-Authenticate"].startswith("Bearer")
    assert set(wrong.json()) == set(unknown.json())


def test_an_account_without_a_password_cannot_be_guessed(api: APIClient, owner: User) -> None:
    assert login(api, owner, "!").status_code == 401


@pytest.mark.parametrize("body", [{}, {"email": "a@b.example"}, {"password": "x"}, {"email": 1, "password": "x"}])
def test_the_wrong_shape_is_422(api: APIClient, body: dict[str, Any]) -> None:
    assert api.post(URL, body).status_code == 422


@pytest.mark.usefixtures("unlimited")
class TestLock:
    def test_the_fifth_failure_still_answers_401_then_403_also_for_the_right_password(
        self, api: APIClient, member: User
    ) -> None:
        assert [login(api, member, "Wrong-horse-7").status_code for _ in range(5)] == [401] * 5
        answer = login(api, member)
        assert answer.status_code == 403
        assert answer.json()["error_code"] == "account_locked"
        until = User.objects.get(pk=member.pk).locked_until
        assert until is not None
        assert answer.json()["locked_until"] == until.isoformat()
        assert 1790 <= int(answer["Retry-After"]) <= 1800
        assert Event.objects.filter(name="session.refused", data__has_key="locked_until").count() == 1

    def test_success_resets_the_count(self, api: APIClient, member: User) -> None:
        for _ in range(3):
            assert [login(api, member, "Wrong-horse-7").status_code for _ in range(4)] == [401] * 4
            assert login(api, member).status_code == 200

    def test_it_ends_after_half_an_hour_with_five_new_attempts(self, api: APIClient, member: User) -> None:
        past = timezone.now() - timedelta(seconds=1)
        User.objects.filter(pk=member.pk).update(failed_logins=5, locked_until=past)
        assert [login(api, member, "Wrong-horse-7").status_code for _ in range(4)] == [401] * 4
        assert login(api, member).status_code == 200

    def test_unknown_addresses_are_never_locked(self, api: APIClient) -> None:
        assert [login(api, "nobody@nowhere.example").status_code for _ in range(7)] == [401] * 7

    def test_a_new_password_lifts_it(self, api: APIClient, member: User, organization: Organization) -> None:
        User.objects.filter(pk=member.pk).update(failed_logins=5, locked_until=timezone.now() + timedelta(minutes=5))
        system = Actor.system("tests", schema=organization.schema_name)
        user_update(actor=system, user=member, changes={"password": "Another-horse-8"}, now=timezone.now())
        assert login(api, member, "Another-horse-8").status_code == 200


def test_a_deactivated_user_is_403_but_only_after_the_right_password(api: APIClient, member: User) -> None:
    User.objects.filter(pk=member.pk).update(is_active=False)
    assert login(api, member, "Wrong-horse-7").status_code == 401
    answer = login(api, member)
    assert (answer.status_code, answer.json()["error_code"]) == (403, "account_inactive")


def test_an_inactive_organization_is_403_at_once(api: APIClient, member: User, organization: Organization) -> None:
    assert login(api, member).status_code == 200
    with public_context():
        Organization.objects.filter(pk=organization.pk).update(is_active=False)
    answer = login(api, member)
    assert (answer.status_code, answer.json()["error_code"]) == (403, "organization_inactive")


@pytest.mark.usefixtures("twin")
class TestSeveralOrganizations:
    def test_the_right_password_must_name_one(self, api: APIClient, member: User) -> None:
        answer = login(api, member)
        assert (answer.status_code, answer.json()["error_code"]) == (409, "organization_required")
        assert {"slug": "acme", "name": "Acme"} in answer.json()["organizations"]
        assert {each["slug"] for each in answer.json()["organizations"]} == {"acme", "rival"}

    def test_the_wrong_password_is_told_nothing(self, api: APIClient, member: User) -> None:
        answer = login(api, member, "Wrong-horse-7")
        assert answer.status_code == 401
        assert "organizations" not in answer.json()

    @pytest.mark.parametrize(("slug", "role"), [("acme", "operator"), ("rival", "viewer")])
    def test_naming_one_works(self, api: APIClient, member: User, slug: str, role: str) -> None:
        answer = login(api, member, organization=slug)
        assert answer.status_code == 200
        assert (answer.json()["organization"]["slug"], answer.json()["user"]["role"]) == (slug, role)

    def test_an_unknown_name_is_401(self, api: APIClient, member: User) -> None:
        assert login(api, member, organization="nowhere").status_code == 401

    def test_a_password_that_fits_one_of_them_names_it(
        self, api: APIClient, member: User, other_organization: Organization
    ) -> None:
        with tenant_context(other_organization):
            twin: User = User.objects.get(email=member.email)
            twin.set_password("Another-horse-8")
            twin.save()
        assert login(api, member).json()["organization"]["slug"] == "acme"
        assert login(api, member, "Another-horse-8").json()["organization"]["slug"] == "rival"

    @pytest.mark.usefixtures("unlimited")
    def test_signing_in_to_one_locks_no_other(
        self, api: APIClient, member: User, other_organization: Organization
    ) -> None:
        with tenant_context(other_organization):
            twin: User = User.objects.get(email=member.email)
            twin.set_password("Another-horse-8")
            twin.save()
        User.objects.filter(pk=member.pk).update(updated_at=timezone.now() - LOCK)
        assert {login(api, member).status_code for _time in range(6)} == {200}
        with tenant_context(other_organization):
            twin.refresh_from_db()
        assert (twin.failed_logins, twin.locked_until) == (0, None)

    @pytest.mark.usefixtures("unlimited")
    def test_passwords_set_to_guess_with_are_guesses(
        self, api: APIClient, member: User, other_organization: Organization
    ) -> None:
        """Whoever administers another organization knows the password of the twin there, for it is theirs to set."""
        for number in range(FAILURES_UNTIL_LOCK):
            with tenant_context(other_organization):
                twin: User = User.objects.get(email=member.email)
                twin.set_password(f"Guessed-horse-{number}")
                twin.save()
            assert login(api, member, f"Guessed-horse-{number}").json()["organization"]["slug"] == "rival"
        member.refresh_from_db()
        assert member.locked_until is not None

    def test_a_host_of_its_own_names_it(self, api: APIClient, member: User) -> None:
        api.defaults["SERVER_NAME"] = "rival.localhost"
        assert login(api, member).json()["organization"]["slug"] == "rival"
        assert login(api, member, organization="rival").status_code == 200
        assert login(api, member, organization="acme").status_code == 401


def test_nobody_signs_in_on_another_organizations_host(api: APIClient, member: User) -> None:
    api.defaults["SERVER_NAME"] = "rival.localhost"
    assert login(api, member).status_code == 401
    assert login(api, member, organization="acme").status_code == 401


def test_the_sixth_attempt_in_a_minute_from_one_address_is_429(api: APIClient) -> None:
    assert [login(api, f"nobody{number}@nowhere.example").status_code for number in range(6)] == [401] * 5 + [429]


def test_the_sixth_attempt_in_a_minute_on_one_account_is_429_wherever_from(api: APIClient) -> None:
    answers = []
    for number in range(6):
        api.defaults["REMOTE_ADDR"] = f"192.0.2.{number}"
        answers.append(login(api, "Somebody@nowhere.example" if number % 2 else "somebody@NOWHERE.example"))
    assert [answer.status_code for answer in answers] == [401] * 5 + [429]
    assert int(answers[-1]["Retry-After"]) >= 1


def test_forged_forwarding_does_not_fool_the_limit(api: APIClient) -> None:
    codes = [
        api.post(
            URL,
            {"email": f"nobody{number}@nowhere.example", "password": "x"},
            HTTP_X_FORWARDED_FOR=f"198.51.100.{number}",
        ).status_code
        for number in range(6)
    ]
    assert codes == [401] * 5 + [429]


def test_refusals_stand_in_the_ledger_without_the_address(api: APIClient, member: User) -> None:
    login(api, member, "Wrong-horse-7")
    refused = Event.objects.get(name="session.refused")
    assert (refused.subject_id, refused.actor_type) == (str(member.pk), "anonymous")
    assert refused.ip == api.defaults["REMOTE_ADDR"]
    login(api, "secret-typed-in-the-wrong-field@nowhere.example")
    with tenant_context("platform"):
        noted = Event.objects.filter(name="session.refused").latest("id")
        assert "secret" not in f"{noted.data}{noted.subject_label}{noted.actor_label}"


@pytest.mark.parametrize("what", ["password", "switched off", "second factor"])
def test_what_changed_while_the_password_was_tried(
    api: APIClient,
    member: User,
    organization: Organization,
    other_organization: Organization,
    monkeypatch: pytest.MonkeyPatch,
    what: str,
) -> None:
    """A sign-in that began before a new password, a second factor or a switching off outlives none of them.

    Accounts of one address in several organizations are tried one after the other; a single one is held meanwhile.
    """
    with tenant_context(other_organization):
        make_user(member.email, "viewer", password="Third-horse-9")
    chosen = sign_in_module._chosen

    def meanwhile(attempts: list[Attempt]) -> Attempt:
        with tenant_context(organization):
            if what == "password":
                other = User.objects.get(pk=member.pk)
                other.set_password("Another-horse-8")
                other.save()
            elif what == "switched off":
                User.objects.update(is_active=False)
            else:
                enrolled(member, organization)
        return chosen(attempts)

    monkeypatch.setattr(sign_in_module, "_chosen", meanwhile)
    before = Session.objects.count() + (what == "second factor")  # its own
    answer = login(api, member)
    refusals = {"second factor": "second_factor_required"}
    assert (answer.status_code, answer.json()["error_code"]) == (401, refusals.get(what, "wrong_credentials"))
    assert Session.objects.count() == before
