"""What tests of sign-in share."""

from __future__ import annotations

import re
import threading
from base64 import b32decode
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta
from typing import Any

import pytest
from django.core.mail import EmailMultiAlternatives
from django.db import connections
from django.utils import timezone
from django_otp.oath import TOTP
from rest_framework.test import APIClient

from apps.accounts.models import OidcSettings, User
from apps.accounts.payloads import Client
from apps.accounts.selectors.oidc import oidc_settings_forget
from apps.accounts.services.credentials import actor_of_user
from apps.accounts.services.oidc_settings import oidc_settings_save
from apps.accounts.services.second_factors import second_factor_begin, second_factor_confirm
from apps.accounts.services.sessions import session_start
from apps.common.actor import Actor
from apps.mail.services import mails_deliver
from apps.tenants.models import Organization
from conftest import PASSWORD, make_user
from tests.issuer import AUDIENCE, CLIENT_ID, CLIENT_SECRET, Issuer, issuer_running


@pytest.fixture
def api(organization: Organization) -> APIClient:
    """Somebody unknown, on the shared host."""
    return APIClient(SERVER_NAME="localhost", REMOTE_ADDR="192.0.2.7")


@pytest.fixture
def member(organization: Organization) -> User:
    """An operator with a password."""
    return make_user("member@acme.example", "operator", password=PASSWORD)


class Device:
    """What a person holds: shows the code of a moment, and whose it is."""

    def __init__(self, user: User, session_id: str) -> None:
        self.user, self.session_id = user, session_id
        self.secret = b""
        self.recovery_codes: list[str] = []

    def code(self, *, at: datetime | None = None) -> str:
        device = TOTP(self.secret)
        device.time = (at or timezone.now()).timestamp()
        return f"{device.token():06}"


def enrolled(user: User, organization: Organization, *, begun: timedelta = timedelta(minutes=5)) -> Device:
    """A device of somebody with ``PASSWORD``, set up a while ago, so that codes of now are fresh."""
    now, client = timezone.now() - begun, Client(ip="192.0.2.7")
    session = session_start(user=user, schema=organization.schema_name, client=client, now=now)
    actor = actor_of_user(user, schema=organization.schema_name, ip=None, session_id=str(session.pk))
    made = Device(user, str(session.pk))
    made.secret = b32decode(second_factor_begin(actor=actor, password=PASSWORD, client=client, now=now).secret)
    made.recovery_codes = second_factor_confirm(actor=actor, code=made.code(at=now), now=now)
    return made


@pytest.fixture
def device(member: User, organization: Organization) -> Device:
    """The second factor of ``member``."""
    return enrolled(member, organization)


@pytest.fixture
def unlimited(settings: Any) -> None:
    """Rates no test reaches, where something else than the rates is looked at."""
    rates = {"rate_limit_login": "10000/minute", "rate_limit_register": "10000/minute"}
    rates |= {"rate_limit_refresh": "10000/minute", "rate_limit_forgot_password": "10000/minute"}
    settings.ENV = settings.ENV.model_copy(update=rates)


@pytest.fixture
def mailed(settings: Any, mailoutbox: list[EmailMultiAlternatives]) -> Callable[[], list[EmailMultiAlternatives]]:
    """Delivers what waits; gives the mails that this call has sent."""
    settings.MAIL_DELIVERY = "server"

    def deliver() -> list[EmailMultiAlternatives]:
        before = len(mailoutbox)
        mails_deliver(now=timezone.now())
        return mailoutbox[before:]

    return deliver


def tokens_in(mail: EmailMultiAlternatives) -> list[str]:
    """The tokens of a mail's links, in their order."""
    return re.findall(r"/password/set\?token=(\S+)", str(mail.body))


@pytest.fixture
def in_threads() -> Callable[[list[Callable[[], Any]]], list[Any]]:
    """Calls functions at the same instant, each in a thread with a connection of its own; gives what they gave."""

    def run(functions: list[Callable[[], Any]]) -> list[Any]:
        start = threading.Barrier(len(functions), timeout=30)

        def one(function: Callable[[], Any]) -> Any:
            start.wait()
            try:
                return function()
            finally:
                connections.close_all()

        with ThreadPoolExecutor(len(functions)) as pool:
            return [future.result(timeout=60) for future in [pool.submit(one, function) for function in functions]]

    return run


@pytest.fixture
def issuer(settings: Any) -> Iterator[Issuer]:
    """An issuer of ours over HTTP, which may be asked although it is on loopback."""
    with issuer_running() as running:
        allowed = (running.url.removeprefix("http://"),)
        settings.ENV = settings.ENV.model_copy(update={"oidc_allowed_hosts": allowed})
        yield running


@pytest.fixture
def trusted(issuer: Issuer, organization: Organization) -> Callable[..., OidcSettings]:
    """Makes the issuer the organization's own, with these settings beside."""

    def trust(**changes: Any) -> OidcSettings:
        actor = Actor.system("tests", schema=organization.schema_name)
        given = {"issuer": issuer.url, "audience": AUDIENCE, "client_id": CLIENT_ID, "client_secret": CLIENT_SECRET}
        row = oidc_settings_save(actor=actor, changes=given | changes, now=timezone.now())
        oidc_settings_forget()  # the commit that would do so never comes
        return row

    return trust
