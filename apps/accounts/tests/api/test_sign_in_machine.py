"""Signing in, refreshing, reusing and signing out in any order: tokens work exactly as long as a simple model says."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

import pytest
from django.db import connection, transaction
from django.utils import timezone
from hypothesis import HealthCheck
from hypothesis import settings as machine_settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    Bundle,
    RuleBasedStateMachine,
    consumes,
    invariant,
    multiple,
    rule,
    run_state_machine_as_test,
)

from apps.accounts.errors import InvalidCredentials, InvalidRefreshToken, RefreshTokenReused
from apps.accounts.models import User
from apps.accounts.payloads import Client, Tokens
from apps.accounts.services.credentials import actor_from_claims
from apps.accounts.services.sessions import Ending, session_end, session_refresh, sessions_revoke
from apps.accounts.services.sign_in import sign_in
from apps.accounts.tokens import read_access_token
from apps.common.actor import Actor
from apps.tenants.models import Organization
from conftest import PASSWORD, make_user

CLIENT = Client(ip="192.0.2.1", device="machine")
GRACE = timedelta(seconds=10)


class Family:
    """What the model knows of one session."""

    def __init__(self, access: str) -> None:
        self.access = [access]
        self.ended = False


class SignInMachine(RuleBasedStateMachine):
    """Refresh tokens are (text, family, when it was first used); the clock is the machine's own."""

    organization: Organization
    user: User
    tokens = Bundle("tokens")

    def __init__(self) -> None:
        super().__init__()
        self.now: datetime = timezone.now() - timedelta(minutes=10)  # room to wait without leaving real time
        self.families: list[Family] = []
        self.used: dict[str, datetime] = {}
        self.atomic = transaction.atomic()
        self.atomic.__enter__()

    def teardown(self) -> None:
        transaction.set_rollback(True)
        self.atomic.__exit__(None, None, None)

    def note(self, family: Family, tokens: Tokens) -> tuple[str, Family]:
        family.access.append(tokens.access_token)
        return tokens.refresh_token, family

    @rule(target=tokens)
    def login(self) -> tuple[str, Family]:
        signed_in = sign_in(email=self.user.email, password=PASSWORD, slug=None, host=None, client=CLIENT, now=self.now)
        family = Family(signed_in.tokens.access_token)
        self.families.append(family)
        return self.note(family, signed_in.tokens)

    @rule(seconds=st.sampled_from([1, 4, 9, 11, 30]))
    def wait(self, seconds: int) -> None:
        self.now += timedelta(seconds=seconds)

    @rule(target=tokens, token=tokens)
    def refresh(self, token: tuple[str, Family]) -> Any:
        text, family = token
        used = self.used.get(text)
        expected: type[Exception] | None = None
        if family.ended:
            expected = InvalidRefreshToken
        elif used is not None and self.now - used > GRACE:
            expected, family.ended = RefreshTokenReused, True
        if expected is not None:
            with pytest.raises(expected):
                session_refresh(token=text, host=None, client=CLIENT, now=self.now)
            return multiple()
        self.used.setdefault(text, self.now)
        return self.note(family, session_refresh(token=text, host=None, client=CLIENT, now=self.now))

    @rule(target=tokens, token=tokens)
    def refresh_in_two_tabs(self, token: tuple[str, Family]) -> Any:
        """Both at the same instant, which is all that the lock of the token's row leaves of it."""
        first, second = self.refresh(token), self.refresh(token)
        return multiple(*(made for made in (first, second) if isinstance(made, tuple)))

    @rule(token=consumes(tokens))
    def logout(self, token: tuple[str, Family]) -> None:
        text, family = token
        if family.ended:
            return
        session_end(actor=self.known(family.access[-1]), refresh_token=text, now=self.now)
        family.ended = True

    @rule(token=tokens)
    def revoke(self, token: tuple[str, Family]) -> None:
        family = token[1]
        system = Actor.system("tests", schema=self.organization.schema_name)
        session_id = read_access_token(family.access[0]).session_id
        own = self.user.sessions.filter(pk=session_id)
        ended = sessions_revoke(actor=system, sessions=own, reason=Ending.BY_ADMINISTRATOR, now=self.now)
        assert ended == (0 if family.ended else 1)
        family.ended = True

    @invariant()
    def access_tokens_live_exactly_as_long_as_their_family(self) -> None:
        for family in self.families:
            if family.ended:
                with pytest.raises(InvalidCredentials):
                    self.known(family.access[-1])
            else:
                assert self.known(family.access[-1]).user_id == self.user.pk

    def known(self, token: str) -> Actor:
        claims = read_access_token(token)
        return actor_from_claims(claims, organization=self.organization, now=self.now, ip=None)


@pytest.mark.usefixtures("unlimited")
def test_tokens_work_exactly_as_long_as_the_model_says(organization: Organization, settings: Any) -> None:
    settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]  # hashing is not what is looked at

    class Machine(SignInMachine):
        user = make_user("machine@acme.example", "operator", password=PASSWORD)

    Machine.organization = organization
    assert connection.in_atomic_block
    run_state_machine_as_test(
        Machine,
        settings=machine_settings(
            max_examples=12,
            stateful_step_count=15,
            deadline=None,
            derandomize=True,
            database=None,
            suppress_health_check=list(HealthCheck),
        ),
    )
