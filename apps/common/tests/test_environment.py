"""Addresses and languages in the environment: what makes no sense stops the program, without showing passwords."""

from __future__ import annotations

import base64
from typing import Any

import pytest
from pydantic import ValidationError

from config.env import Environment, environment

REST: dict[str, Any] = {
    "secret_key": "s" * 32,
    "database_url": "postgresql://",
    "redis_url": "redis://",
    "jwt_keys": "a:" + base64.b64encode(b"k" * 32).decode(),
}


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("database_url", "postgresql://u:p@db.example:5432/name"),
        ("database_url", "postgres://u:p%2F@[::1]/name"),
        ("database_url", "postgresql://u@/name?host=/run/postgresql"),
        ("redis_url", "redis://:p@cache.example:6379/0"),
        ("redis_url", "rediss://cache.example/0"),
        ("redis_url", "unix://:p@/run/redis.sock?db=0"),
        ("storage_url", "s3://bucket/prefix"),
        ("storage_url", ""),
        ("language_code", "pt-br"),
        ("trusted_proxies", "10.0.0.0/8, fd00::1"),
        ("trusted_proxies", ""),
    ],
)
def test_it_works(name: str, value: str) -> None:
    Environment(**REST | {name: value})


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("database_url", "s3cret"),
        ("database_url", "mysql://u:s3cret@db.example/name"),
        ("database_url", "postgresql://u:s3/cret@db.example/name"),
        ("database_url", "postgresql://u:s3cret@[db/name"),
        ("redis_url", "s3cret:6379"),
        ("redis_url", "http://:s3cret@cache.example"),
        ("redis_url", "redis://:s3cret@cache.example:99999/0"),
        ("storage_url", "ftp://s3cret"),
        ("storage_url", "s3:///s3cret"),
        ("language_code", "s3cret"),
        ("trusted_proxies", "10.0.0.0/8, proxy"),
    ],
)
def test_nonsense_is_refused_and_not_shown(name: str, value: str) -> None:
    with pytest.raises(ValidationError) as caught:
        Environment(**REST | {name: value})
    assert name in str(caught.value)
    assert "cret" not in str(caught.value)


def test_a_program_says_in_a_line_each_what_is_wrong_and_ends(monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in (REST | {"secret_key": "s3cret", "database_url": "mysql://u:s3cret@db.example/x"}).items():
        monkeypatch.setenv(name.upper(), value)
    environment.cache_clear()
    try:
        with pytest.raises(SystemExit) as ended:
            environment()
    finally:
        environment.cache_clear()
    heading, *lines = str(ended.value).splitlines()
    assert "README.md" in heading
    assert [line.split(":")[0].strip() for line in lines] == ["SECRET_KEY", "DATABASE_URL"]
    assert "s3cret" not in str(ended.value)
    assert ended.value.__cause__ is None
