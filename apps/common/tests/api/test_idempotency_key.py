"""One effect for each Idempotency-Key, whatever happens in between."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from typing import Any
from uuid import uuid4

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection, connections
from django.utils import timezone
from rest_framework.test import APIClient

from apps.accounts.models import Role, User
from apps.common.idempotency import idempotency_purge
from apps.common.models import IdempotencyRecord
from apps.common.tests import tiny
from apps.common.tests.tiny import TinyRefused

URL = "/api/v1/echo/once"


def post(api: APIClient, body: object, key: str | None, address: str = "127.0.0.1") -> Any:
    keyed: dict[str, Any] = {} if key is None else {"HTTP_IDEMPOTENCY_KEY": key}
    return api.post(URL, body, format="json", REMOTE_ADDR=address, **keyed)


def effects(api: APIClient, name: str) -> int:
    return len(api.get(URL, {"name": name}).json()["received"])


@pytest.fixture
def name() -> str:
    return f"n{uuid4().hex}"


@pytest.fixture
def before_answering() -> Iterator[Callable[[Callable[[], None]], None]]:
    """Puts something between the effect and the answer."""
    original = tiny.BEFORE_ANSWERING[0]

    def put(action: Callable[[], None]) -> None:
        tiny.BEFORE_ANSWERING[0] = action

    yield put
    tiny.BEFORE_ANSWERING[0] = original


def test_it_works(api: APIClient, name: str) -> None:
    first, second = post(api, {"name": name}, "k1"), post(api, {"name": name}, "k1")
    assert (first.status_code, second.status_code) == (201, 201)
    assert first.content == second.content
    assert first["ETag"] == second["ETag"]
    assert second["Content-Type"] == first["Content-Type"]
    assert "Idempotency-Replayed" not in first
    assert second["Idempotency-Replayed"] == "true"
    assert effects(api, name) == 1


def test_without_a_key_every_request_counts(api: APIClient, name: str) -> None:
    assert [post(api, {"name": name}, None).status_code for _ in range(2)] == [201, 201]
    assert effects(api, name) == 2


def test_another_body_is_409(api: APIClient, name: str) -> None:
    post(api, {"name": name}, "k1")
    answer = post(api, {"name": name + "x"}, "k1")
    assert answer.status_code == 409
    assert answer.json()["error_code"] == "idempotency_key_reused"


def test_order_of_fields_and_white_space_mean_nothing(api: APIClient, name: str) -> None:
    post(api, {"name": name}, "k1")
    answer: Any = api.generic(
        "POST", URL, f'{{ "name" : "{name}" }}', content_type="application/json", HTTP_IDEMPOTENCY_KEY="k1"
    )
    assert answer["Idempotency-Replayed"] == "true"


def test_actors_do_not_share_keys(api: APIClient, name: str) -> None:
    post(api, {"name": name}, "k1")
    answer = post(api, {"name": name}, "k1", address="203.0.113.9")
    assert answer.status_code == 201
    assert "Idempotency-Replayed" not in answer
    assert effects(api, name) == 2


@pytest.mark.parametrize("key", ["", " ", "a b", "ä", "x" * 256, "a\x7f"])
def test_malformed_keys_are_422(api: APIClient, name: str, key: str) -> None:
    answer = post(api, {"name": name}, key)
    assert answer.status_code == 422
    assert answer.json()["error_code"] == "invalid_idempotency_key"
    assert effects(api, name) == 0


def test_wrong_input_does_not_use_the_key(api: APIClient, name: str) -> None:
    assert post(api, {"nmae": name}, "k1").status_code == 422
    assert post(api, {"name": name}, "k1").status_code == 201


def test_a_refusal_sets_the_key_free(api: APIClient, name: str, before_answering: Any) -> None:
    def refuse() -> None:
        raise TinyRefused

    before_answering(refuse)
    assert post(api, {"name": name}, "k1").json()["error_code"] == "tiny_refused"
    before_answering(lambda: None)
    answer = post(api, {"name": name}, "k1")
    assert answer.status_code == 201
    assert "Idempotency-Replayed" not in answer


def test_what_fails_unforeseen_is_rolled_back(api: APIClient, name: str, before_answering: Any) -> None:
    def fail() -> None:
        raise ArithmeticError

    before_answering(fail)
    assert post(api, {"name": name}, "k1").status_code == 500
    assert effects(api, name) == 0
    before_answering(lambda: None)
    assert post(api, {"name": name}, "k1").status_code == 201


def test_answers_expire(api: APIClient, name: str) -> None:
    post(api, {"name": name}, "k1")
    _as_owner("UPDATE platform.common_idempotencyrecord SET expires_at = now()")
    answer = post(api, {"name": name}, "k1")
    assert "Idempotency-Replayed" not in answer
    assert effects(api, name) == 2


def test_a_lost_right_also_covers_what_was_answered(known: APIClient, owner: User, name: str) -> None:
    def create() -> Any:
        return known.post("/api/v1/tinies", {"name": name}, HTTP_IDEMPOTENCY_KEY="k1")

    def demote(role: str) -> None:
        User.objects.filter(pk=owner.pk).update(role=Role.objects.get(slug=role))

    assert create().status_code == 201
    assert create()["Idempotency-Replayed"] == "true"
    demote("viewer")
    refused = create()
    assert (refused.status_code, refused.json()["error_code"]) == (403, "permission_denied")
    demote("maintainer")
    assert create()["Idempotency-Replayed"] == "true"


def test_purge_removes_what_has_expired(organization: object) -> None:
    now = timezone.now()
    for number in range(5):
        IdempotencyRecord.objects.create(
            digest=f"{number}", request_digest="", answer=b"", expires_at=now + timedelta(seconds=number - 2)
        )
    assert idempotency_purge(now=now, limit=2) == 2
    assert idempotency_purge(now=now) == 1
    assert IdempotencyRecord.objects.count() == 2


def test_what_has_expired_goes_on_the_way(api: APIClient, name: str) -> None:
    for number in range(3):
        post(api, {"name": name}, f"k{number}")
    _as_owner("UPDATE platform.common_idempotencyrecord SET expires_at = now() - interval '1 hour'")
    post(api, {"name": name}, "another")
    assert _as_owner("SELECT convert_to(count(*)::text, 'UTF8') FROM platform.common_idempotencyrecord") == [b"1"]


def test_the_database_tells_nothing(api: APIClient, name: str) -> None:
    post(api, {"name": name}, "a-very-special-key")
    row = b"".join(_as_owner("SELECT convert_to(r::text, 'UTF8') || answer FROM platform.common_idempotencyrecord r"))
    assert row
    assert name.encode() not in row
    assert b"a-very-special-key" not in row
    assert b"application/json" not in row


def test_uploads_compare_content_and_not_boundaries(api: APIClient) -> None:
    def upload(content: bytes) -> Any:
        body = {"version": "1", "artifact": SimpleUploadedFile("a.txt", content)}
        return api.post("/api/v1/echo/uploads/once", body, format="multipart", HTTP_IDEMPOTENCY_KEY="k1")

    first, second, other = upload(b"hello"), upload(b"hello"), upload(b"hullo")
    assert first.status_code == 202, first.content
    assert first.json()["received"][0] == "hello"
    assert second.content == first.content
    assert other.status_code == 409


@pytest.mark.django_db(transaction=True)
def test_at_the_same_instant_there_is_one_effect(organization: object, name: str) -> None:
    start, threads = threading.Barrier(8), 8

    def send(_number: int) -> Any:
        try:
            start.wait(10)
            return post(APIClient(SERVER_NAME="localhost"), {"name": name}, f"key-{name}")
        finally:
            connections.close_all()

    with ThreadPoolExecutor(threads) as pool:
        answers = list(pool.map(send, range(threads)))
    created = [answer for answer in answers if answer.status_code == 201]
    running = [answer for answer in answers if answer.status_code == 409]
    assert len(created) + len(running) == threads
    assert len({answer.content for answer in created}) == 1
    assert len([answer for answer in created if "Idempotency-Replayed" not in answer]) == 1
    assert {answer.json()["error_code"] for answer in running} <= {"idempotency_in_progress"}
    assert effects(APIClient(SERVER_NAME="localhost"), name) == 1


@pytest.mark.django_db(transaction=True)
def test_while_one_runs_another_is_409(organization: object, name: str, before_answering: Any) -> None:
    acting, go_on = threading.Event(), threading.Event()

    def wait() -> None:
        acting.set()
        go_on.wait(10)

    def send() -> Any:
        try:
            return post(APIClient(SERVER_NAME="localhost"), {"name": name}, f"key-{name}")
        finally:
            connections.close_all()

    before_answering(wait)
    with ThreadPoolExecutor(1) as pool:
        first = pool.submit(send)
        assert acting.wait(10)
        second = send()
        go_on.set()
        assert first.result(10).status_code == 201
    assert second.status_code == 409
    assert second.json()["error_code"] == "idempotency_in_progress"
    assert int(second["Retry-After"]) >= 1


@pytest.mark.django_db(transaction=True)
def test_a_connection_that_dies_leaves_nothing(organization: object, name: str, before_answering: Any) -> None:
    def cut() -> None:
        connection.connection.close()

    before_answering(cut)
    api = APIClient(SERVER_NAME="localhost", raise_request_exception=False)
    assert post(api, {"name": name}, f"key-{name}").status_code == 503
    connections.close_all()
    before_answering(lambda: None)
    assert effects(api, name) == 0
    assert post(api, {"name": name}, f"key-{name}").status_code == 201
    assert effects(api, name) == 1


def _as_owner(sql: str) -> list[bytes]:
    """Looks behind the doors: as the owner of all tables, past Django's cursors and the context they keep."""
    session = connection.connection
    session.execute("RESET ROLE")
    found = session.execute(sql)
    connection.forget_context()  # type: ignore[attr-defined]
    return [bytes(row[0]) for row in found] if found.description else []
