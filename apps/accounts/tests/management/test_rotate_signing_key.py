"""manage.py rotate_signing_key."""

from __future__ import annotations

import io
from collections.abc import Callable, Iterator
from datetime import timedelta
from typing import Any

import jwt
import pytest
from django.core.exceptions import ImproperlyConfigured
from django.core.management import call_command
from django.db import IntegrityError, ProgrammingError, transaction
from django.utils import timezone
from pytest_django import DjangoCaptureOnCommitCallbacks
from rest_framework.test import APIClient

from apps.accounts.keyring import Keyring, keyring
from apps.accounts.models import User
from apps.accounts.services.signing_keys import signing_key_rotate
from apps.events.models import Event
from apps.tenants.context import public_context, tenant_context
from apps.tenants.models import Organization, SigningKey
from apps.tenants.naming import PLATFORM
from conftest import bearer

Rotate = Callable[..., str]


@pytest.fixture
def rotate(
    organization: Organization, django_capture_on_commit_callbacks: DjangoCaptureOnCommitCallbacks
) -> Iterator[Rotate]:
    def run(*arguments: str) -> str:
        out = io.StringIO()
        with django_capture_on_commit_callbacks(execute=True):
            call_command("rotate_signing_key", *arguments, stdout=out)
        return out.getvalue().split()[0]

    yield run
    keyring.forget()


def status(token: str) -> int:
    api = APIClient(SERVER_NAME="localhost")
    return int(api.get("/api/v1/auth/me", HTTP_AUTHORIZATION=f"Bearer {token}").status_code)


def kid_of(token: str) -> str:
    return str(jwt.get_unverified_header(token)["kid"])


def later(kid: str) -> None:
    """As if the life of the last token of a key had passed."""
    with public_context():
        assert SigningKey.objects.filter(kid=kid).update(verifies_until=timezone.now() - timedelta(seconds=1)) == 1
    keyring.forget()


def test_it_works(rotate: Rotate, viewer: User, organization: Organization) -> None:
    before = bearer(viewer, organization)
    made = rotate()
    after = bearer(viewer, organization)
    assert (kid_of(after), kid_of(before) != made) == (made, True)
    assert [status(token) for token in (before, after)] == [200, 200]
    later(kid_of(before))
    assert [status(token) for token in (before, after)] == [401, 200]
    with tenant_context(PLATFORM):
        event = Event.objects.filter(name="signing_key.rotated").get()
    assert (event.actor_label, event.data["kid"]) == ("command", made)


def test_old_ones_verify_as_long_as_their_last_token_lives(rotate: Rotate, settings: Any) -> None:
    first, second = rotate(), rotate()
    with public_context():
        old, new = SigningKey.objects.get(kid=first), SigningKey.objects.get(kid=second)
    assert old.verifies_until is not None
    assert old.verifies_until - timezone.now() > timedelta(seconds=settings.ENV.access_token_seconds)
    assert (new.signs, new.verifies_until) == (True, None)


def test_those_whose_time_is_over_are_dropped(rotate: Rotate) -> None:
    first = rotate()
    rotate()
    later(first)
    third = rotate()
    with public_context():
        kids = set(SigningKey.objects.values_list("kid", flat=True))
    assert first not in kids
    assert third in kids


def test_a_leaked_one_ends_at_once(rotate: Rotate, viewer: User, organization: Organization) -> None:
    configured = bearer(viewer, organization)
    rotate()
    stored = bearer(viewer, organization)
    rotate("--at-once")
    assert [status(token) for token in (configured, stored, bearer(viewer, organization))] == [401, 401, 200]


def test_a_process_that_has_not_looked_again_hears_of_a_new_key_by_its_name(
    rotate: Rotate, settings: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    other = Keyring()
    old = other.signing().kid
    made = rotate()
    assert other.signing().kid == old  # and its tokens verify everywhere meanwhile
    assert keyring.verifying(old) is not None
    monkeypatch.setattr("apps.accounts.keyring.MISS_SECONDS", 0.0)
    assert other.verifying(made) == keyring.signing().secret
    assert other.signing().kid == made


def test_it_looks_again_by_itself(rotate: Rotate, settings: Any) -> None:
    other = Keyring()
    other.signing()
    made = rotate()
    settings.ENV = settings.ENV.model_copy(update={"organization_cache_seconds": 0.0})
    assert other.signing().kid == made


def test_unknown_names_do_not_ask_the_database_again_and_again(
    organization: Organization, django_assert_max_num_queries: Any
) -> None:
    other = Keyring()
    with django_assert_max_num_queries(3):
        assert [other.verifying(f"no-{number}") for number in range(50)] == [None] * 50


def test_keys_are_sealed(rotate: Rotate) -> None:
    rotate()
    secret = keyring.signing().secret
    with public_context():
        rows = list(SigningKey.objects.all())
    assert len(rows) > 1
    assert all(secret not in bytes(row.sealed) for row in rows)


def test_a_sealed_key_is_worth_nothing_under_another_name(rotate: Rotate) -> None:
    made = rotate()
    with public_context():
        SigningKey.objects.filter(kid=made).update(kid="other")
    keyring.forget()
    assert keyring.verifying("other") is None


def test_with_another_secret_key_those_that_were_rotated_out_do_not_count_again(rotate: Rotate, settings: Any) -> None:
    configured = keyring.signing().kid
    rotate()
    settings.SECRET_KEY = "x" * 50
    keyring.forget()
    assert keyring.verifying(configured) is None
    with pytest.raises(ImproperlyConfigured, match="rotate_signing_key"):
        keyring.signing()
    rotate()
    assert keyring.signing().kid != configured


def test_organizations_cannot_read_them(rotate: Rotate, organization: Organization) -> None:
    rotate()
    with pytest.raises(ProgrammingError, match="permission denied"), transaction.atomic():
        list(SigningKey.objects.all())


def test_one_signs(rotate: Rotate) -> None:
    rotate()
    with public_context(), pytest.raises(IntegrityError), transaction.atomic():
        SigningKey.objects.create(kid="second", sealed=b"", signs=True)


def test_two_at_once_leave_one_that_signs(
    live_organization: Organization, in_threads: Callable[[list[Callable[[], Any]]], list[Any]]
) -> None:
    now = timezone.now()
    made = in_threads([lambda: signing_key_rotate(now=now).kid] * 4)
    with public_context():
        signing = SigningKey.objects.get(signs=True).kid
        assert set(made) <= set(SigningKey.objects.values_list("kid", flat=True))
    assert signing in made
    keyring.forget()
