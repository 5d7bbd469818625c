"""POST /api/v1/auth/login of who has a second factor."""

from __future__ import annotations

from base64 import b32decode
from collections import Counter
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone
from rest_framework.test import APIClient

from apps.accounts.models import RecoveryCode, User
from apps.accounts.services.attempts import FAILURES_UNTIL_LOCK, LOCK
from apps.accounts.services.second_steps import recovery_hash
from apps.accounts.tests.api.test_login import URL, login
from apps.accounts.tests.conftest import Device, enrolled
from apps.events.models import Event
from apps.tenants.context import tenant_context
from apps.tenants.models import Organization
from conftest import PASSWORD, make_user

STEP = timedelta(seconds=30)


def fault(answer: Any) -> tuple[int, str]:
    return answer.status_code, answer.json().get("error_code", "")


def test_it_works(api: APIClient, member: User, device: Device) -> None:
    assert fault(login(api, member)) == (401, "second_factor_required")
    answer = login(api, member, code=device.code())
    assert answer.status_code == 200, answer.data
    assert answer.json()["access_token"]


def test_without_a_second_factor_a_code_is_not_looked_at(api: APIClient, member: User) -> None:
    assert login(api, member, code="000000").status_code == 200


def test_a_wrong_password_says_nothing_of_a_second_factor(api: APIClient, member: User, device: Device) -> None:
    assert fault(login(api, member, "Wrong-horse-7", code=device.code())) == (401, "wrong_credentials")
    assert fault(login(api, member, "Wrong-horse-7")) == (401, "wrong_credentials")


def test_a_code_works_once(api: APIClient, member: User, device: Device) -> None:
    code = device.code()
    assert login(api, member, code=code).status_code == 200
    assert fault(login(api, member, code=code)) == (401, "wrong_second_factor")


def test_an_earlier_code_is_void_after_a_later_one(api: APIClient, member: User, device: Device) -> None:
    earlier, later = device.code(at=timezone.now() - STEP), device.code()
    assert login(api, member, code=later).status_code == 200
    assert fault(login(api, member, code=earlier)) == (401, "wrong_second_factor")


@pytest.mark.parametrize(("seconds", "steps", "status"), [(29, 0, 200), (29, -1, 200), (0, 1, 401), (0, -2, 401)])
def test_the_present_code_and_the_one_before_pass(
    api: APIClient, member: User, device: Device, monkeypatch: pytest.MonkeyPatch, seconds: int, steps: int, status: int
) -> None:
    """A code shown at the end of its half minute may be typed in the next; none is taken ahead of its time."""
    step = int(timezone.now().timestamp()) // 30 * 30
    now = datetime.fromtimestamp(step + seconds, UTC)
    monkeypatch.setattr("apps.accounts.api.auth.timezone.now", lambda: now)
    assert login(api, member, code=device.code(at=now + STEP * steps)).status_code == status


def test_people_type_codes_with_spaces(api: APIClient, member: User, device: Device) -> None:
    code = device.code()
    assert login(api, member, code=f"{code[:3]} {code[3:]}").status_code == 200


def test_the_code_that_set_it_up_does_not_sign_in(api: APIClient, member: User, organization: Organization) -> None:
    device = enrolled(member, organization, begun=timedelta(0))
    assert fault(login(api, member, code=device.code())) == (401, "wrong_second_factor")


@pytest.mark.parametrize("code", ["", "x" * 41, "12345", "1234567", "٣٣٣٣٣٣", "abcdef", "-12345"])
def test_what_is_no_code_is_refused(api: APIClient, member: User, device: Device, code: str) -> None:
    assert login(api, member, code=code).status_code in {401, 422}


class TestRecoveryCodes:
    def test_they_are_long_and_easy_to_copy(self, device: Device) -> None:
        for code in device.recovery_codes:
            groups = code.split("-")
            assert [len(group) for group in groups] == [4] * 6
            assert len(b32decode("".join(groups).upper())) * 8 >= 112

    def test_those_of_before_still_work(self, api: APIClient, member: User, device: Device) -> None:
        short = "abcd-efgh-ijkl-mnop"
        RecoveryCode.objects.create(user=member, code_hash=recovery_hash(member, short.replace("-", "")))
        assert login(api, member, code=short).status_code == 200

    def test_each_works_once(self, api: APIClient, member: User, device: Device) -> None:
        first, second = device.recovery_codes[:2]
        assert login(api, member, code=first.upper().replace("-", " ")).status_code == 200
        assert fault(login(api, member, code=first)) == (401, "wrong_second_factor")
        assert login(api, member, code=second).status_code == 200
        assert RecoveryCode.objects.count() == 8
        left = [event.data["left"] for event in Event.objects.filter(name="recovery_code.used").order_by("id")]
        assert left == [9, 8]

    def test_they_are_stored_as_hashes(self, device: Device) -> None:
        stored = set(RecoveryCode.objects.values_list("code_hash", flat=True))
        assert len(stored) == 10
        assert not stored & set(device.recovery_codes)

    def test_those_of_somebody_else_do_not_work(
        self, api: APIClient, member: User, device: Device, organization: Organization
    ) -> None:
        other = enrolled(make_user("other@acme.example", "operator", password=PASSWORD), organization)
        assert fault(login(api, member, code=other.recovery_codes[0])) == (401, "wrong_second_factor")
        assert fault(login(api, member, code=other.code())) == (401, "wrong_second_factor")


@pytest.mark.usefixtures("unlimited")
class TestLock:
    def test_wrong_codes_lock_the_account(self, api: APIClient, member: User, device: Device) -> None:
        answers = [fault(login(api, member, code="000000")) for _ in range(FAILURES_UNTIL_LOCK)]
        assert answers == [(401, "wrong_second_factor")] * FAILURES_UNTIL_LOCK
        assert fault(login(api, member, code=device.code())) == (403, "account_locked")
        reasons = Counter(event.data["reason"] for event in Event.objects.filter(name="session.refused"))
        assert reasons == {"wrong_second_factor": FAILURES_UNTIL_LOCK}

    def test_the_password_alone_takes_no_failure_back(self, api: APIClient, member: User, device: Device) -> None:
        for _ in range(FAILURES_UNTIL_LOCK):
            login(api, member, code="000000")
            login(api, member)
        assert fault(login(api, member, code=device.code())) == (403, "account_locked")

    def test_a_right_code_does(self, api: APIClient, member: User, device: Device) -> None:
        for _ in range(FAILURES_UNTIL_LOCK - 1):
            login(api, member, code="000000")
        assert login(api, member, code=device.code()).status_code == 200
        member.refresh_from_db()
        assert member.failed_logins == 0


@pytest.mark.usefixtures("unlimited")
class TestSeveralOrganizations:
    @pytest.fixture
    def twin(self, member: User, other_organization: Organization) -> User:
        with tenant_context(other_organization):
            return make_user(member.email, "viewer", password=PASSWORD)

    def test_one_must_be_named_first(self, api: APIClient, member: User, device: Device, twin: User) -> None:
        code = device.code()
        assert fault(login(api, member, code=code)) == (409, "organization_required")
        assert login(api, member, code=code, organization="acme").status_code == 200
        assert login(api, member, organization="rival").status_code == 200

    def test_a_code_is_not_tried_on_the_account_of_another(
        self, api: APIClient, member: User, device: Device, other_organization: Organization
    ) -> None:
        with tenant_context(other_organization):
            other = make_user(member.email, "viewer", password="Another-horse-7")
            User.objects.update(updated_at=timezone.now() - LOCK)
        User.objects.update(updated_at=timezone.now() - LOCK)
        assert login(api, member, code=device.code()).status_code == 200
        with tenant_context(other_organization):
            other.refresh_from_db()
            assert other.failed_logins == 0  # nor is the password, which was right elsewhere, a guess


@pytest.mark.usefixtures("unlimited")
class TestParallel:
    @pytest.fixture
    def live_device(self, live_organization: Organization) -> Device:
        with tenant_context(live_organization):
            return enrolled(make_user("victim@acme.example", "operator", password=PASSWORD), live_organization)

    @staticmethod
    def attempt(code: str) -> int:
        body = {"email": "victim@acme.example", "password": PASSWORD, "code": code}
        client = Client(SERVER_NAME="localhost", REMOTE_ADDR="192.0.2.7")
        return client.post(URL, body, content_type="application/json").status_code

    @pytest.mark.usefixtures("hashing_in_earnest")
    def test_twenty_guesses_at_once_get_five_tries(
        self, live_device: Device, in_threads: Callable[[list[Callable[[], Any]]], list[Any]]
    ) -> None:
        codes = in_threads([lambda: self.attempt("000000")] * 20)
        assert Counter(codes) == {401: 5, 403: 15}

    @pytest.mark.parametrize("kind", ["device", "recovery"])
    def test_one_code_sent_at_once_signs_in_once(
        self, live_device: Device, in_threads: Callable[[list[Callable[[], Any]]], list[Any]], kind: str
    ) -> None:
        code = live_device.code() if kind == "device" else live_device.recovery_codes[0]
        codes = in_threads([lambda: self.attempt(code)] * 4)
        assert Counter(codes) == {200: 1, 401: 3}
