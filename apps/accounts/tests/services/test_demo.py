"""The people of the demo."""

from __future__ import annotations

import pytest
from django.utils import timezone
from rest_framework.test import APIClient

from apps.accounts.models import User
from apps.accounts.services.demo import demo_accounts_ensure, demo_platform_admin_ensure
from apps.common.errors import InvalidInput
from apps.tenants.models import Organization
from conftest import PASSWORD


def test_it_works(api: APIClient, organization: Organization) -> None:
    made = demo_accounts_ensure(organization=organization, password=PASSWORD, now=timezone.now())
    assert [user.role.slug for user in made.values()] == ["org_admin", "maintainer", "operator", "viewer"]
    demo_platform_admin_ensure(password=PASSWORD, now=timezone.now())
    for email in (made["admin"].email, "admin@platform.example"):
        assert api.post("/api/v1/auth/login", {"email": email, "password": PASSWORD}).status_code == 200


def test_again_puts_right_what_was_changed(organization: Organization) -> None:
    now = timezone.now()
    first = demo_accounts_ensure(organization=organization, password=PASSWORD, now=now)
    User.objects.filter(pk=first["viewer"].pk).update(is_active=False, password="!")
    again = demo_accounts_ensure(organization=organization, password=PASSWORD, now=now)
    assert again == first
    assert again["viewer"].is_active
    assert again["viewer"].check_password(PASSWORD)
    demo_platform_admin_ensure(password=PASSWORD, now=now)
    demo_platform_admin_ensure(password=PASSWORD, now=now)


def test_a_weak_password_is_refused(organization: Organization) -> None:
    with pytest.raises(InvalidInput):
        demo_accounts_ensure(organization=organization, password="weak", now=timezone.now())
