"""Invitations: who is added without a password is mailed a link to choose one."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone

from apps.accounts.errors import NotInvitable
from apps.accounts.models import AuthSource, LinkPurpose, PasswordLink, User
from apps.accounts.services.invitations import invitation_send
from apps.accounts.services.users import user_create, user_update
from apps.accounts.tests.conftest import tokens_in
from apps.accounts.tokens import hash_secret
from apps.common.actor import Actor
from apps.common.errors import PermissionDenied, TooManyRequests
from apps.events.models import Event
from apps.mail.models import OutgoingMail
from apps.tenants.context import public_context
from apps.tenants.models import Organization
from conftest import PASSWORD, make_user

NOW = timezone.now()
Mailed = Callable[[], list[Any]]
ActorOf = Callable[[User], Actor]


@pytest.fixture
def administrator(owner: User, actor: ActorOf) -> Actor:
    return actor(owner)


@pytest.fixture
def added(administrator: Actor) -> Callable[..., User]:
    """Adds a user, without a password unless one is given."""

    def add(**fields: Any) -> User:
        given = {"email": "new@acme.example", "name": "Nova", "role": "operator"} | fields
        return user_create(actor=administrator, **given, now=timezone.now())

    return add


def waiting() -> int:
    with public_context():
        return OutgoingMail.objects.count()


def test_it_works(added: Callable[..., User], mailed: Mailed) -> None:
    user = added()
    [mail] = mailed()
    assert (mail.to, mail.subject) == (["new@acme.example"], "Your invitation to Acme")
    assert "Hello Nova," in str(mail.body)
    assert "http://acme.localhost/password/set?token=ofp_" in str(mail.body)
    [token] = tokens_in(mail)
    html = mail.alternatives[0][0]
    assert f"token={token}" in html
    link = PasswordLink.objects.get(user=user)
    assert (link.purpose, link.token_hash) == (LinkPurpose.INVITATION, hash_secret(token))
    assert link.expires_at - link.created_at == timedelta(days=7)
    names = list(Event.objects.order_by("id").values_list("name", flat=True))
    assert names == ["user.created", "user.invited", "password_link.issued"]
    assert Event.objects.get(name="password_link.issued").actor_type == "system"


def test_names_are_text_and_not_markup(added: Callable[..., User], mailed: Mailed) -> None:
    added(name='<a href="https://evil.example">Ana</a>')
    html = mailed()[0].alternatives[0][0]
    assert "<a href=&quot;https://evil.example" not in html
    assert "&lt;a href=&quot;https://evil.example&quot;&gt;Ana" in html


@pytest.mark.parametrize("fields", [{"password": PASSWORD}, {"is_active": False}])
def test_who_has_a_password_or_is_off_is_not_invited(
    added: Callable[..., User], mailed: Mailed, fields: dict[str, Any]
) -> None:
    added(**fields)
    assert waiting() == 0


def test_once_more_voids_the_last_link(added: Callable[..., User], administrator: Actor, mailed: Mailed) -> None:
    user = added()
    [first] = tokens_in(mailed()[0])
    invitation_send(actor=administrator, user=user, now=NOW)
    [second] = tokens_in(mailed()[0])
    assert PasswordLink.objects.get().token_hash == hash_secret(second) != hash_secret(first)


def test_a_new_address_is_invited_and_the_old_one_is_not(
    added: Callable[..., User], administrator: Actor, mailed: Mailed
) -> None:
    user = added()
    mailed()
    user_update(actor=administrator, user=user, changes={"email": "right@acme.example"}, now=NOW)
    assert not PasswordLink.objects.exists()
    [mail] = mailed()
    assert mail.to == ["right@acme.example"]


def test_a_mail_that_still_waits_goes_to_the_new_address(
    added: Callable[..., User], administrator: Actor, mailed: Mailed
) -> None:
    user = added()
    user_update(actor=administrator, user=user, changes={"email": "right@acme.example"}, now=NOW)
    assert {tuple(mail.to) for mail in mailed()} == {("right@acme.example",)}


def test_who_is_switched_on_is_invited(added: Callable[..., User], administrator: Actor, mailed: Mailed) -> None:
    user = added(is_active=False)
    user_update(actor=administrator, user=user, changes={"is_active": True}, now=NOW)
    assert len(mailed()) == 1


@pytest.mark.parametrize("changes", [{"is_active": False}, {"password": PASSWORD}])
def test_a_mail_that_is_not_wanted_any_more_is_not_sent(
    added: Callable[..., User], administrator: Actor, mailed: Mailed, changes: dict[str, Any]
) -> None:
    user_update(actor=administrator, user=added(), changes=changes, now=NOW)
    assert mailed() == []
    assert waiting() == 0


@pytest.mark.usefixtures("administrator")
def test_a_suspended_organization_invites_nobody(
    added: Callable[..., User], organization: Organization, mailed: Mailed
) -> None:
    added()
    with public_context():
        Organization.objects.filter(pk=organization.pk).update(is_active=False)
    assert mailed() == []


@pytest.mark.parametrize("change", [{"is_active": False}, {"auth_source": AuthSource.OIDC}, {"password": "argon2$x"}])
def test_who_cannot_be_invited(administrator: Actor, viewer: User, change: dict[str, Any]) -> None:
    for name, value in change.items():
        setattr(viewer, name, value)
    with pytest.raises(NotInvitable):
        invitation_send(actor=administrator, user=viewer, now=NOW)
    assert waiting() == 0


def test_without_the_right_it_is_refused(viewer: User, actor: ActorOf) -> None:
    with pytest.raises(PermissionDenied):
        invitation_send(actor=actor(viewer), user=viewer, now=NOW)


def test_an_organization_cannot_flood(added: Callable[..., User], administrator: Actor, settings: Any) -> None:
    settings.ENV = settings.ENV.model_copy(update={"rate_limit_invitation": "2/hour"})
    user = added()
    added(email="second@acme.example")
    with pytest.raises(TooManyRequests):
        added(email="third@acme.example")
    with pytest.raises(TooManyRequests):
        invitation_send(actor=administrator, user=user, now=NOW)
    with pytest.raises(TooManyRequests):
        user_update(actor=administrator, user=user, changes={"email": "fourth@acme.example"}, now=NOW)
    assert not User.objects.filter(email__in=["third@acme.example", "fourth@acme.example"]).exists()
    added(email="with-a-password@acme.example", password=PASSWORD)
    assert waiting() == 2


@pytest.mark.parametrize(
    ("language", "subject"), [("en", "Your invitation to Acme"), ("pt-BR", "Seu convite para Acme")]
)
def test_it_speaks_the_readers_language(administrator: Actor, mailed: Mailed, language: str, subject: str) -> None:
    user = make_user("new@acme.example", "operator")
    user.locale = language
    user.save(update_fields=["locale"])
    invitation_send(actor=administrator, user=user, now=NOW)
    assert mailed()[0].subject == subject
