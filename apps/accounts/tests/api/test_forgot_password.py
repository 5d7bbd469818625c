"""POST /api/v1/auth/forgot-password."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone
from rest_framework.test import APIClient

from apps.accounts.models import AuthSource, LinkPurpose, PasswordLink, User
from apps.accounts.passwords import PasswordHasher
from apps.accounts.tests.conftest import tokens_in
from apps.accounts.tokens import hash_secret
from apps.events.models import Event
from apps.mail.models import OutgoingMail
from apps.tenants.context import public_context, tenant_context
from apps.tenants.models import Organization
from conftest import PASSWORD, make_user

URL = "/api/v1/auth/forgot-password"
Mailed = Callable[[], list[Any]]


def forgot(api: APIClient, user: User | str, **more: Any) -> Any:
    return api.post(URL, {"email": user if isinstance(user, str) else user.email, **more})


@pytest.fixture
def twin(member: User, other_organization: Organization) -> User:
    """Another account of the same address, in another organization."""
    with tenant_context(other_organization):
        return make_user(member.email, "viewer", password=PASSWORD)


def test_it_works(api: APIClient, member: User, mailed: Mailed) -> None:
    answer = forgot(api, member)
    assert (answer.status_code, set(answer.json())) == (200, {"message"})
    [mail] = mailed()
    assert (mail.to, mail.subject) == ([member.email], "A new password for Acme")
    assert "http://acme.localhost/password/set?token=ofp_" in str(mail.body)
    [token] = tokens_in(mail)
    link = PasswordLink.objects.get(user=member)
    assert (link.purpose, link.token_hash) == (LinkPurpose.RESET, hash_secret(token))
    assert link.expires_at - link.created_at == timedelta(hours=1)
    issued = Event.objects.get(name="password_link.issued")
    assert (issued.subject_id, issued.actor_type, issued.ip) == (str(member.pk), "anonymous", "192.0.2.7")


def test_nobody_can_tell_whether_an_address_is_known(api: APIClient, member: User, mailed: Mailed) -> None:
    known, unknown = forgot(api, member), forgot(api, "nobody@nowhere.example")
    assert (known.status_code, known.json()) == (unknown.status_code, unknown.json())
    assert [mail.to for mail in mailed()] == [[member.email]]


@pytest.fixture
def hashes(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Counts computations of a password's hash."""
    counted: list[str] = []
    original = PasswordHasher.encode

    def encode(self: Any, *args: Any) -> str:
        counted.append("one")
        return original(self, *args)

    monkeypatch.setattr(PasswordHasher, "encode", encode)
    return counted


@pytest.mark.usefixtures("twin", "unlimited")
@pytest.mark.parametrize("host", ["localhost", "acme.localhost"])
def test_known_and_unknown_addresses_take_the_same_work(
    api: APIClient, member: User, hashes: list[str], host: str
) -> None:
    def statements(email: str, **more: str) -> list[str]:
        with CaptureQueriesContext(connection) as queries:
            assert api.post(URL, {"email": email, **more}, SERVER_NAME=host).status_code == 200
        return [re.sub(r"'[^']*'|_x\d+", "?", each["sql"]) for each in queries]

    statements(member.email)  # caches are warm from now on
    known = statements(member.email)
    assert statements("nobody@nowhere.example") == known
    assert statements(member.email, organization="rival") == known
    assert statements("nobody@nowhere.example", organization="nowhere") == known
    assert hashes == []


def test_an_address_in_several_organizations_gets_one_mail_with_a_link_for_each(
    api: APIClient, member: User, twin: User, other_organization: Organization, mailed: Mailed
) -> None:
    forgot(api, member)
    [mail] = mailed()
    body = str(mail.body)
    assert mail.subject == "A new password for Oficina"
    assert re.findall(r"^(Acme|Rival)\n(http://\w+\.localhost)/", body, re.MULTILINE) == [
        ("Acme", "http://acme.localhost"),
        ("Rival", "http://rival.localhost"),
    ]
    first, second = tokens_in(mail)
    assert PasswordLink.objects.get().token_hash == hash_secret(first)
    with tenant_context(other_organization):
        assert PasswordLink.objects.get().token_hash == hash_secret(second)


@pytest.mark.usefixtures("twin")
@pytest.mark.parametrize(
    ("host", "slug", "links"),
    [
        ("localhost", "acme", ["acme"]),
        ("localhost", "rival", ["rival"]),
        ("localhost", "nowhere", []),
        ("acme.localhost", None, ["acme"]),
        ("acme.localhost", "acme", ["acme"]),
        ("acme.localhost", "rival", []),
    ],
)
def test_naming_an_organization_or_asking_at_its_host_asks_for_that_one(
    api: APIClient, member: User, mailed: Mailed, host: str, slug: str | None, links: list[str]
) -> None:
    api.defaults["SERVER_NAME"] = host
    assert forgot(api, member, **({"organization": slug} if slug else {})).status_code == 200
    found = [link for mail in mailed() for link in re.findall(r"http://(\w+)\.localhost", str(mail.body))]
    assert found == links


def test_the_platforms_own_people_are_mailed_the_shared_host(api: APIClient, mailed: Mailed) -> None:
    with tenant_context("platform"):
        make_user("root@platform.example", "super_admin", password=PASSWORD)
    forgot(api, "root@platform.example")
    [mail] = mailed()
    assert mail.subject == "A new password for Oficina"
    assert "http://localhost/password/set?token=ofp_platform_" in str(mail.body)


@pytest.mark.parametrize("change", [{"is_active": False}, {"auth_source": AuthSource.OIDC}])
def test_who_may_not_set_a_password_is_mailed_nothing(
    api: APIClient, member: User, mailed: Mailed, change: dict[str, Any]
) -> None:
    User.objects.filter(pk=member.pk).update(**change)
    assert forgot(api, member).status_code == 200
    assert mailed() == []
    assert not PasswordLink.objects.exists()


def test_an_inactive_organization_mails_nothing(
    api: APIClient, member: User, organization: Organization, mailed: Mailed
) -> None:
    with public_context():
        Organization.objects.filter(pk=organization.pk).update(is_active=False)
    assert forgot(api, member).status_code == 200
    assert mailed() == []


def test_who_was_invited_and_never_came_gets_a_link_too(api: APIClient, owner: User, mailed: Mailed) -> None:
    assert not owner.has_usable_password()
    forgot(api, owner)
    assert len(tokens_in(mailed()[0])) == 1


def test_a_new_link_voids_the_last(api: APIClient, member: User, mailed: Mailed) -> None:
    forgot(api, member)
    [old] = tokens_in(mailed()[0])
    forgot(api, member)
    [new] = tokens_in(mailed()[0])
    assert PasswordLink.objects.get().token_hash == hash_secret(new) != hash_secret(old)


@pytest.mark.parametrize(
    ("locale", "header", "subject"),
    [
        ("", "en", "A new password for Acme"),
        ("", "pt-BR", "Uma nova senha para Acme"),
        ("pt-BR", "en", "Uma nova senha para Acme"),
        ("en", "pt-BR", "A new password for Acme"),
    ],
)
def test_it_speaks_the_readers_language_or_else_that_of_who_asks(
    api: APIClient, member: User, mailed: Mailed, locale: str, header: str, subject: str
) -> None:
    User.objects.filter(pk=member.pk).update(locale=locale)
    api.post(URL, {"email": member.email}, HTTP_ACCEPT_LANGUAGE=header)
    assert mailed()[0].subject == subject


def test_no_header_leads_the_link_elsewhere(api: APIClient, member: User, mailed: Mailed) -> None:
    evil = {"X-Forwarded-Host": "evil.example", "Forwarded": "host=evil.example", "Origin": "http://evil.example"}
    api.post(URL, {"email": member.email}, headers=evil)
    assert "evil" not in str(mailed()[0].body)
    assert api.post(URL, {"email": member.email}, HTTP_HOST="evil.example").status_code == 404


def test_the_fourth_request_in_a_minute_from_one_device_is_429(api: APIClient) -> None:
    answers = [forgot(api, f"nobody{number}@nowhere.example") for number in range(4)]
    assert [answer.status_code for answer in answers] == [200] * 3 + [429]
    assert int(answers[-1]["Retry-After"]) >= 1


def test_the_fourth_request_in_a_minute_for_one_address_is_429_wherever_from(api: APIClient, member: User) -> None:
    for email in (member.email, "nobody@nowhere.example"):
        codes = []
        for number in range(4):
            api.defaults["REMOTE_ADDR"] = f"192.0.2.{number + len(email)}"
            codes.append(forgot(api, email.upper() if number % 2 else email).status_code)
        assert codes == [200] * 3 + [429]


@pytest.mark.parametrize("body", [{}, {"email": "a"}, {"email": 1}, {"email": "a@b.example", "organisation": "acme"}])
def test_the_wrong_shape_is_422(api: APIClient, body: dict[str, Any]) -> None:
    assert api.post(URL, body).status_code == 422


def test_a_repeated_request_mails_once(api: APIClient, member: User, mailed: Mailed) -> None:
    answers = [api.post(URL, {"email": member.email}, HTTP_IDEMPOTENCY_KEY="one") for _ in range(2)]
    assert [answer.status_code for answer in answers] == [200, 200]
    assert answers[1]["Idempotency-Replayed"] == "true"
    assert len(mailed()) == 1


def test_a_mail_that_comes_too_late_is_not_sent(api: APIClient, member: User, mailed: Mailed) -> None:
    forgot(api, member)
    past = timezone.now() - timedelta(seconds=1)
    with public_context():
        OutgoingMail.objects.update(expires_at=past, available_at=past)
    assert mailed() == []
    with public_context():
        assert OutgoingMail.objects.get().data == {}  # the address is not kept
