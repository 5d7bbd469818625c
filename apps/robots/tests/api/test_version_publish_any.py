"""Whatever is sent for publishing: published, or refused with a reason; never an error of ours, never half of it."""

from __future__ import annotations

import io
import json
from pathlib import Path
from typing import Any

from django.db import transaction
from hypothesis import HealthCheck, given
from hypothesis import settings as examples
from hypothesis import strategies as st

from apps.accounts.models import User
from apps.robots.models import Robot, RobotVersion
from apps.robots.tests.api.guarded import Clients
from apps.robots.tests.factories import zip_of

WORDS = ["", "1.0.0", "9" * 40, "-1", "[]", "{}", "null", "../x", "main.py", "/x", "a/b", "PATH", "é.py", "\0"]
TEXT = st.sampled_from(WORDS) | st.text(max_size=12).filter(str.isprintable)
JSON = st.recursive(TEXT | st.none() | st.integers(), lambda inner: st.lists(inner) | st.dictionaries(TEXT, inner))
FIELDS = {
    "version": st.sampled_from(["1.0.0", "2.0.0-a"]) | TEXT,
    "channel": st.sampled_from(["stable", "beta"]) | TEXT,
    "entrypoint_path": st.sampled_from(["main.py", "a/main.py"]) | TEXT,
    "entrypoint_type": st.sampled_from(["PYTHON", "EXE", "SHELL", "ROBOT"]) | TEXT,
    "arguments_json": st.lists(TEXT, max_size=3).map(json.dumps) | JSON.map(json.dumps) | TEXT,
    "env_vars_json": st.dictionaries(TEXT, TEXT, max_size=3).map(json.dumps) | JSON.map(json.dumps) | TEXT,
    "required_env_keys_json": st.lists(TEXT, max_size=3).map(json.dumps) | TEXT,
    "working_directory": TEXT,
    "changelog": TEXT,
    "commit_sha": TEXT,
    "branch": TEXT,
    "build_url": st.sampled_from(["https://x.example/", "http://[::1", "https://a@b:99999/"]) | TEXT,
    "activate": st.booleans().map(str) | TEXT,
}
SOURCES = [
    b"print(1)\n",
    b"\xff\xfe# coding: zzz",
    b'# /// script\n# dependencies = ["x"]\n# ///\n',
    b"# /// script\n# dependencies = [\n# ///\n",
    b"PK\x05\x06" + bytes(18),
    b"#!/bin/sh\n",
]


def damaged(package: bytes, changes: list[tuple[int, int]]) -> bytes:
    content = bytearray(package)
    for place, value in changes:
        content[place % len(content)] = value
    return bytes(content)


PACKAGES = st.dictionaries(TEXT.filter(lambda name: name.strip("\0")), st.binary(max_size=30), max_size=3).map(
    lambda files: zip_of({**files, "main.py": "print(1)"})
)
DAMAGE = st.lists(st.tuples(st.integers(0, 4000), st.integers(0, 255)), min_size=1, max_size=6)
CONTENT = st.sampled_from(SOURCES) | st.binary(max_size=60) | PACKAGES | st.builds(damaged, PACKAGES, DAMAGE)
NAMES = st.sampled_from(["p.zip", "main.py", "x.exe", "x", "x.sh", "x.robot"]) | TEXT


def a_file(content: bytes, name: str) -> Any:
    file = io.BytesIO(content)
    file.name = name
    return file


def test_it_works(folder_storage: Path, settings: Any, client_of: Clients, owner: User, robot: Robot) -> None:
    settings.ENV = settings.ENV.model_copy(update={"rate_limit_api": "100000/minute"})
    client, url = client_of(owner), f"/api/v1/robots/{robot.pk}/versions/publish"
    client.raise_request_exception = False

    @examples(
        max_examples=100,
        derandomize=True,
        database=None,
        deadline=None,
        suppress_health_check=[HealthCheck.too_slow, HealthCheck.filter_too_much],
    )
    @given(st.fixed_dictionaries({}, optional=FIELDS), st.builds(a_file, CONTENT, NAMES))
    def publish(fields: dict[str, str], file: Any) -> None:
        with transaction.atomic():
            body = {"version": "1.0.0"} | fields | {"artifact": file}
            answer = client.post(url, body, format="multipart")
            versions = [version.storage_name for version in RobotVersion.objects.all()]
            transaction.set_rollback(True)
        stored = [path for path in folder_storage.rglob("*") if path.is_file()]
        assert answer.status_code == 201 if versions else answer.status_code in {400, 422}, answer.content
        assert versions or answer.json()["error_code"]
        assert len(stored) == len(versions)
        for path in stored:
            path.unlink()

    publish()
