"""A token of an issuer that several requests show at the same instant, for the first time."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from django.utils import timezone

from apps.accounts.errors import InvalidCredentials, OidcAccountExists
from apps.accounts.models import OidcIdentity, Session, User
from apps.accounts.payloads import Client
from apps.accounts.selectors.oidc import oidc_settings_forget
from apps.accounts.services.oidc_settings import oidc_settings_save
from apps.accounts.services.oidc_sign_in import actor_from_issuer_token
from apps.common.actor import Actor
from apps.events.models import Event
from apps.tenants.context import tenant_context
from apps.tenants.models import Organization
from tests.issuer import AUDIENCE, KEYS, Issuer

InThreads = Callable[[list[Callable[[], Any]]], list[Any]]


def test_it_works(issuer: Issuer, live_organization: Organization, in_threads: InThreads) -> None:
    """One account, one session; and one look at the issuer's new keys serves all, who do not wait for it."""
    with tenant_context(live_organization):
        actor = Actor.system("tests", schema=live_organization.schema_name)
        given = {"issuer": issuer.url, "audience": AUDIENCE}
        oidc_settings_save(actor=actor, changes=given, now=timezone.now())
        oidc_settings_forget()
    issuer.rotate("second")
    token, asked = issuer.token(), issuer.asked[KEYS]

    def use() -> str:
        with tenant_context(live_organization):
            try:
                return actor_from_issuer_token(token, client=Client(ip=None), now=timezone.now()).id
            except InvalidCredentials:
                return "not yet"

    first, later = in_threads([use] * 6), in_threads([use] * 6)
    with tenant_context(live_organization):
        assert set(first) - {"not yet"} == set(later)
        assert set(later) == {str(User.objects.get().pk)}
        assert (OidcIdentity.objects.count(), Session.objects.count()) == (1, 1)
        assert Event.objects.filter(name="session.started").count() == 1
    assert issuer.asked[KEYS] == asked + 1


def test_two_people_with_one_address(issuer: Issuer, live_organization: Organization, in_threads: InThreads) -> None:
    """One of them gets the account, whoever comes first."""
    with tenant_context(live_organization):
        actor = Actor.system("tests", schema=live_organization.schema_name)
        given = {"issuer": issuer.url, "audience": AUDIENCE}
        oidc_settings_save(actor=actor, changes=given, now=timezone.now())
        oidc_settings_forget()

    def use(subject: str) -> Callable[[], str]:
        token = issuer.token(sub=subject)

        def act() -> str:
            with tenant_context(live_organization):
                try:
                    return actor_from_issuer_token(token, client=Client(ip=None), now=timezone.now()).id
                except OidcAccountExists:
                    return ""

        return act

    found = in_threads([use(str(number)) for number in range(4)])
    with tenant_context(live_organization):
        assert sorted(found) == ["", "", "", str(User.objects.get().pk)]
