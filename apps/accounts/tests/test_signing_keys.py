"""JWT_KEYS: what could not sign stops the program, without showing the key; keys change without signing people out."""

from __future__ import annotations

import base64
from collections.abc import Callable
from typing import Any

import jwt
import pytest
from pydantic import ValidationError
from rest_framework.test import APIClient

from apps.accounts.models import User
from apps.tenants.models import Organization
from config.env import Environment
from conftest import bearer

GOOD = base64.b64encode(b"k" * 32).decode()
REST = {"secret_key": "s" * 32, "database_url": "postgresql://", "redis_url": "redis://"}


@pytest.mark.parametrize("keys", [f"a:{GOOD}", f"a:{GOOD}, b:{GOOD}"])
def test_it_works(keys: str) -> None:
    assert Environment(jwt_keys=keys, **REST).jwt_keys == keys  # type: ignore[arg-type]  # the rest has defaults


@pytest.mark.parametrize(
    "keys",
    [
        f":{GOOD}",
        GOOD,
        f"a:{GOOD},",
        f"a:{GOOD},a:{GOOD}",
        f"first:{base64.b64encode(b'k' * 31).decode()}",
        "first:not-base64-not-base64-not-base64-not-base64",
    ],
)
def test_nonsense_is_refused_and_not_shown(keys: str) -> None:
    with pytest.raises(ValidationError) as raised:
        Environment(jwt_keys=keys, **REST)  # type: ignore[arg-type]  # the rest has defaults
    assert "jwt_keys" in str(raised.value)
    assert GOOD not in str(raised.value)


OLD, NEW = (base64.b64encode(letter * 32).decode() for letter in (b"o", b"n"))


class TestRotation:
    @pytest.fixture
    def keys(self, settings: Any) -> Callable[[str], None]:
        def use(keys: str) -> None:
            settings.ENV = settings.ENV.model_copy(update={"jwt_keys": keys})

        return use

    def status(self, token: str) -> int:
        api = APIClient(SERVER_NAME="localhost")
        return int(api.get("/api/v1/auth/me", HTTP_AUTHORIZATION=f"Bearer {token}").status_code)

    def test_it_works(self, keys: Callable[[str], None], viewer: User, organization: Organization) -> None:
        keys(f"old:{OLD}")
        before = bearer(viewer, organization)
        keys(f"new:{NEW},old:{OLD}")  # the first signs, all verify
        after = bearer(viewer, organization)
        assert [jwt.get_unverified_header(token)["kid"] for token in (before, after)] == ["old", "new"]
        assert [self.status(token) for token in (before, after)] == [200, 200]
        keys(f"new:{NEW}")
        assert [self.status(token) for token in (before, after)] == [401, 200]

    def test_a_key_of_the_same_name_is_another_key(
        self, keys: Callable[[str], None], viewer: User, organization: Organization
    ) -> None:
        keys(f"main:{OLD}")
        token = bearer(viewer, organization)
        keys(f"main:{NEW}")
        assert self.status(token) == 401

    def test_a_key_to_come_can_be_spread_before_it_signs(
        self, keys: Callable[[str], None], viewer: User, organization: Organization
    ) -> None:
        """While one process signs with the new key already, another that knows it verifies."""
        keys(f"new:{NEW},old:{OLD}")
        token = bearer(viewer, organization)
        keys(f"old:{OLD},new:{NEW}")
        assert self.status(token) == 200
