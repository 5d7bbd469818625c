"""``check --deploy`` names what a deployment got wrong."""

from __future__ import annotations

import secrets
from typing import Any

import pytest

from apps.common.checks import check_keys, check_openness, is_weak


@pytest.fixture
def environment(settings: Any) -> Any:
    """Changes the environment of the settings; what is not named is sound."""
    sound = {"debug": False, "cors_allowed_origins": (), "trusted_proxies": (), "metrics_token": secrets.token_hex(24)}

    def change(**values: object) -> None:
        settings.ENV = settings.ENV.model_copy(update=sound | values)

    settings.SECRET_KEY = secrets.token_urlsafe(48)
    change()
    return change


def ids() -> list[str | None]:
    return [message.id for message in [*check_keys(), *check_openness()]]


def test_it_works(environment: Any) -> None:
    environment(cors_allowed_origins=("https://app.example",), trusted_proxies=("10.0.0.0/8",))
    assert ids() == []


@pytest.mark.parametrize(
    "key",
    [
        "a" * 64,
        "change-me-" + secrets.token_urlsafe(48),
        "django-insecure-" + secrets.token_urlsafe(48),
        "12345678" * 5,
    ],
    ids=["one letter", "placeholder", "django's placeholder", "repeated"],
)
def test_weak_keys(environment: Any, settings: Any, key: str) -> None:
    settings.SECRET_KEY = key
    assert ids() == ["common.E001"]


def test_random_keys_are_not_called_weak() -> None:
    assert not [key for key in (secrets.token_urlsafe(48) for _ in range(200)) if is_weak(key)]
    assert not [key for key in (secrets.token_hex(24) for _ in range(200)) if is_weak(key)]


@pytest.mark.parametrize(
    ("values", "expected"),
    [
        ({"metrics_token": "metrics"}, "common.E002"),
        ({"debug": True}, "common.E003"),
        ({"cors_allowed_origins": ("*",)}, "common.E004"),
        ({"cors_allowed_origins": ("https://*.example",)}, "common.E004"),
        ({"cors_allowed_origins": ("http://app.example",)}, "common.W005"),
        ({"trusted_proxies": ("0.0.0.0/0",)}, "common.E006"),
        ({"trusted_proxies": ("::/0",)}, "common.E006"),
        ({"trusted_proxies": ("10.0.0.1",), "metrics_token": ""}, "common.W007"),
    ],
)
def test_each_mistake_has_an_id(environment: Any, values: dict[str, object], expected: str) -> None:
    environment(**values)
    assert expected in ids()
