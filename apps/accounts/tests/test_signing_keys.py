"""JWT_KEYS: what could not sign stops the program, without showing the key."""

from __future__ import annotations

import base64

import pytest
from pydantic import ValidationError

from config.env import Environment

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
