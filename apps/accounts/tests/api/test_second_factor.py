"""/api/v1/auth/second-factor: setting up a device, giving it up, recovery codes."""

from __future__ import annotations

from base64 import b32decode
from collections.abc import Callable
from typing import Any
from urllib.parse import parse_qs, unquote, urlsplit

import pytest
from django.utils import timezone
from rest_framework.test import APIClient

from apps.accounts.models import RecoveryCode, SecondFactor, Session, User
from apps.accounts.services.api_keys import api_key_create
from apps.accounts.services.attempts import FAILURES_UNTIL_LOCK
from apps.accounts.services.second_factors import PENDING
from apps.accounts.tests.api.test_login import login
from apps.accounts.tests.conftest import Device, enrolled
from apps.common.actor import Actor
from apps.events.models import Event
from apps.tenants.models import Organization
from conftest import PASSWORD, make_user

Clients = Callable[[User | None], APIClient]
URL = "/api/v1/auth/second-factor"
CONFIRM, DISABLE, CODES = f"{URL}/confirm", f"{URL}/disable", f"{URL}/recovery-codes"


def fault(answer: Any) -> tuple[int, str]:
    return answer.status_code, answer.json().get("error_code", "")


def held(begun: Any, user: User) -> Device:
    """The device that was given the secret of an answer."""
    device = Device(user, "")
    device.secret = b32decode(begun.json()["secret"])
    return device


@pytest.fixture
def client(client_of: Clients, member: User) -> APIClient:
    return client_of(member)


class TestSetUp:
    def test_it_works(self, client: APIClient, member: User) -> None:
        begun = client.post(URL, {"password": PASSWORD})
        assert begun.status_code == 201, begun.data
        assert not client.get(URL).json()["enabled"]
        confirmed = client.post(CONFIRM, {"code": held(begun, member).code()})
        assert confirmed.status_code == 200, confirmed.data
        assert len(set(confirmed.json()["recovery_codes"])) == 10
        state = client.get(URL).json()
        assert (state["enabled"], state["recovery_codes_left"], state["is_required"]) == (True, 10, False)
        names = list(
            Event.objects.filter(name__startswith="second_factor").order_by("id").values_list("name", flat=True)
        )
        assert names == ["second_factor.begun", "second_factor.confirmed"]

    def test_devices_read_its_address(self, client: APIClient, member: User) -> None:
        begun = client.post(URL, {"password": PASSWORD}).json()
        address = urlsplit(begun["otpauth_uri"])
        assert (address.scheme, address.netloc) == ("otpauth", "totp")
        assert unquote(address.path) == f"/Acme:{member.email}"
        values = parse_qs(address.query)
        assert (values["secret"], values["issuer"]) == ([begun["secret"]], ["Acme"])

    def test_the_secret_is_sealed_and_told_once(self, client: APIClient, member: User) -> None:
        begun = client.post(URL, {"password": PASSWORD})
        secret = held(begun, member).secret
        assert secret not in bytes(SecondFactor.objects.get().secret)
        assert begun.json()["secret"] not in str(client.get(URL).json())
        assert begun.json()["secret"] not in str(list(Event.objects.values_list("data", flat=True)))

    def test_before_it_is_confirmed_it_does_not_count(self, api: APIClient, client: APIClient, member: User) -> None:
        client.post(URL, {"password": PASSWORD})
        assert login(api, member).status_code == 200

    def test_a_wrong_password_is_400_and_counts(self, client: APIClient, member: User) -> None:
        assert fault(client.post(URL, {"password": "Wrong-horse-7"})) == (400, "wrong_password")
        member.refresh_from_db()
        assert member.failed_logins == 1
        assert not SecondFactor.objects.exists()

    def test_a_wrong_code_is_400(self, client: APIClient, member: User) -> None:
        client.post(URL, {"password": PASSWORD})
        assert fault(client.post(CONFIRM, {"code": "000000"})) == (400, "wrong_code")

    def test_a_second_one_is_409(self, client_of: Clients, member: User, device: Device) -> None:
        client = client_of(member)
        assert fault(client.post(URL, {"password": PASSWORD})) == (409, "second_factor_exists")
        assert fault(client.post(CONFIRM, {"code": device.code()})) == (409, "second_factor_exists")

    def test_nothing_to_confirm_is_409(self, client: APIClient) -> None:
        assert fault(client.post(CONFIRM, {"code": "123456"})) == (409, "second_factor_off")

    def test_it_takes_a_quarter_of_an_hour_at_most(self, client: APIClient, member: User) -> None:
        device = held(client.post(URL, {"password": PASSWORD}), member)
        SecondFactor.objects.update(begun_at=timezone.now() - PENDING)
        assert fault(client.post(CONFIRM, {"code": device.code()})) == (409, "second_factor_off")

    def test_a_secret_begun_elsewhere_cannot_be_slipped_in(self, client_of: Clients, member: User) -> None:
        """Somebody in another session of the account knows the first secret; only the owner's own counts."""
        thief, owner = client_of(member), client_of(member)
        known = held(thief.post(URL, {"password": PASSWORD}), member)
        assert fault(owner.post(CONFIRM, {"code": known.code()})) == (409, "second_factor_off")
        own = held(owner.post(URL, {"password": PASSWORD}), member)
        assert fault(thief.post(CONFIRM, {"code": known.code()})) == (409, "second_factor_off")
        assert fault(owner.post(CONFIRM, {"code": known.code()})) == (400, "wrong_code")
        assert owner.post(CONFIRM, {"code": own.code()}).status_code == 200

    def test_other_sessions_end(self, client_of: Clients, member: User) -> None:
        other, own = client_of(member), client_of(member)
        device = held(own.post(URL, {"password": PASSWORD}), member)
        own.post(CONFIRM, {"code": device.code()})
        assert [client.get(URL).status_code for client in (other, own)] == [401, 200]
        assert Session.objects.filter(revoked_reason="second_factor_added").count() == 1

    def test_who_has_no_password_here_is_left_to_their_issuer(self, client_of: Clients, owner: User) -> None:
        assert fault(client_of(owner).post(URL, {"password": "x"})) == (409, "second_factor_not_offered")

    def test_a_key_has_none(self, member: User, actor: Callable[[User], Actor]) -> None:
        now = timezone.now()
        _row, key = api_key_create(actor=actor(member), name="ci", permissions=["robot.read"], now=now)
        client = APIClient(SERVER_NAME="localhost", HTTP_X_API_KEY=key)
        assert client.get(URL).status_code == 403
        assert client.post(URL, {"password": PASSWORD}).status_code == 403

    def test_anonymous_is_401(self, api: APIClient) -> None:
        assert [api.get(URL).status_code, api.post(URL, {"password": PASSWORD}).status_code] == [401, 401]


@pytest.mark.parametrize("url", [DISABLE, CODES])
class TestProof:
    def test_it_works(self, url: str, client_of: Clients, member: User, device: Device) -> None:
        answer = client_of(member).post(url, {"password": PASSWORD, "code": device.code()})
        assert answer.status_code in {201, 204}, answer.data

    def test_a_wrong_password_is_400(self, url: str, client_of: Clients, member: User, device: Device) -> None:
        answer = client_of(member).post(url, {"password": "Wrong-horse-7", "code": device.code()})
        assert fault(answer) == (400, "wrong_password")

    def test_a_wrong_code_is_400(self, url: str, client_of: Clients, member: User, device: Device) -> None:
        answer = client_of(member).post(url, {"password": PASSWORD, "code": "000000"})
        assert fault(answer) == (400, "wrong_code")
        member.refresh_from_db()
        assert member.failed_logins == 1

    def test_whoever_has_the_session_cannot_guess(
        self, url: str, client_of: Clients, member: User, device: Device
    ) -> None:
        client = client_of(member)
        for _ in range(FAILURES_UNTIL_LOCK):
            client.post(url, {"password": PASSWORD, "code": "000000"})
        answer = client.post(url, {"password": PASSWORD, "code": device.code()})
        assert fault(answer) == (403, "account_locked")

    def test_without_one_it_is_409(self, url: str, client: APIClient) -> None:
        answer = client.post(url, {"password": PASSWORD, "code": "000000"})
        assert fault(answer) == (409, "second_factor_off")

    def test_both_are_needed(self, url: str, client: APIClient) -> None:
        assert client.post(url, {"password": PASSWORD}).status_code == 422


def test_given_up_it_is_gone(api: APIClient, client_of: Clients, member: User, device: Device) -> None:
    client_of(member).post(DISABLE, {"password": PASSWORD, "code": device.recovery_codes[0]})
    assert not SecondFactor.objects.exists()
    assert not RecoveryCode.objects.exists()
    assert login(api, member).status_code == 200
    assert Event.objects.filter(name="second_factor.disabled", actor_id=str(member.pk)).count() == 1


def test_new_recovery_codes_take_the_place_of_the_old(
    api: APIClient, client_of: Clients, member: User, device: Device
) -> None:
    answer = client_of(member).post(CODES, {"password": PASSWORD, "code": device.code()})
    fresh = answer.json()["recovery_codes"]
    assert not set(fresh) & set(device.recovery_codes)
    assert fault(login(api, member, code=device.recovery_codes[0])) == (401, "wrong_second_factor")
    assert login(api, member, code=fresh[0]).status_code == 200


class TestRemove:
    @staticmethod
    def url(user: User) -> str:
        return f"/api/v1/users/{user.pk}/second-factor"

    def test_it_works(self, api: APIClient, client_of: Clients, owner: User, member: User, device: Device) -> None:
        assert client_of(owner).delete(self.url(member)).status_code == 204
        assert login(api, member).status_code == 200
        event = Event.objects.get(name="second_factor.removed")
        assert (event.actor_id, event.subject_id) == (str(owner.pk), str(member.pk))

    def test_who_has_none_is_404(self, client_of: Clients, owner: User, member: User) -> None:
        assert fault(client_of(owner).delete(self.url(member))) == (404, "second_factor_not_found")

    def test_without_the_right_it_is_403(
        self, client_of: Clients, teammate: User, member: User, device: Device
    ) -> None:
        assert client_of(teammate).delete(self.url(member)).status_code == 403
        assert SecondFactor.objects.exists()

    def test_ones_own_takes_password_and_code(self, client_of: Clients, organization: Organization) -> None:
        admin = make_user("admin@acme.example", "org_admin", password=PASSWORD)
        enrolled(admin, organization)
        assert fault(client_of(admin).delete(self.url(admin))) == (403, "second_factor_own")

    def test_who_may_more_is_out_of_reach(
        self, organization: Organization, owner: User, actor: Callable[[User], Actor]
    ) -> None:
        admin = make_user("admin@acme.example", "org_admin", password=PASSWORD)
        enrolled(admin, organization)
        now = timezone.now()
        _row, key = api_key_create(actor=actor(owner), name="support", permissions=["admin.manage"], now=now)
        client = APIClient(SERVER_NAME="localhost", HTTP_X_API_KEY=key)
        assert fault(client.delete(self.url(admin))) == (403, "permission_not_held")

    def test_somebody_of_another_organization_is_404(self, client_of: Clients, owner: User, foreigner: User) -> None:
        assert client_of(owner).delete(self.url(foreigner)).status_code == 404


def test_a_secret_moved_to_another_account_is_worth_nothing(
    api: APIClient, member: User, device: Device, organization: Organization
) -> None:
    other = make_user("other@acme.example", "operator", password=PASSWORD)
    enrolled(other, organization)
    sealed = SecondFactor.objects.get(user=member).secret
    SecondFactor.objects.filter(user=other).update(secret=sealed, last_step=0)
    assert fault(login(api, other, code=device.code())) == (401, "wrong_second_factor")
