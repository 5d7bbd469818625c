"""What an operation prepares ahead of its transaction: by one at a time, for nobody in vain."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection, connections
from rest_framework.test import APIClient

from apps.common.tests import tiny
from apps.common.tests.tiny import PREPARATIONS, TinyRefused

URL = "/api/v1/echo/uploads/once"
Put = Callable[[Callable[[], None]], None]


def upload(api: APIClient, key: str | None = "k1") -> Any:
    keyed: dict[str, Any] = {} if key is None else {"HTTP_IDEMPOTENCY_KEY": key}
    body = {"version": "1", "artifact": SimpleUploadedFile("a.txt", b"hello")}
    return api.post(URL, body, format="multipart", **keyed)


@pytest.fixture(autouse=True)
def _nothing_prepared_yet() -> None:
    PREPARATIONS.clear()


@pytest.fixture
def while_preparing() -> Iterator[Put]:
    """Puts something ahead of the transaction."""
    yield lambda action: tiny.WHILE_PREPARING.__setitem__(0, action)
    tiny.WHILE_PREPARING[0] = lambda: None


@pytest.fixture
def before_answering() -> Iterator[Put]:
    """Puts something between the effect and the answer."""
    yield lambda action: tiny.BEFORE_ANSWERING.__setitem__(0, action)
    tiny.BEFORE_ANSWERING[0] = lambda: None


def refuse() -> None:
    raise TinyRefused


def test_it_works(api: APIClient) -> None:
    first, second = upload(api), upload(api)
    assert first.json()["received"][0] == "hello"
    assert second["Idempotency-Replayed"] == "true"
    assert second.content == first.content
    assert PREPARATIONS == ["prepared"]


def test_without_a_key(api: APIClient, before_answering: Put) -> None:
    assert upload(api, None).status_code == 202
    before_answering(refuse)
    assert upload(api, None).status_code == 409
    assert PREPARATIONS == ["prepared", "prepared", "undone"]


@pytest.mark.parametrize("failure", [TinyRefused, ArithmeticError])
def test_what_fails_is_undone_and_sets_the_key_free(
    api: APIClient, before_answering: Put, failure: type[Exception]
) -> None:
    def fail() -> None:
        raise failure

    before_answering(fail)
    assert upload(api).status_code == (409 if failure is TinyRefused else 500)
    assert PREPARATIONS == ["prepared", "undone"]
    before_answering(lambda: None)
    assert upload(api).status_code == 202


def test_a_refused_preparation_sets_the_key_free(api: APIClient, while_preparing: Put) -> None:
    while_preparing(refuse)
    assert upload(api).json()["error_code"] == "tiny_refused"
    while_preparing(lambda: None)
    assert upload(api).status_code == 202


@pytest.mark.django_db(transaction=True)
def test_it_is_outside_any_transaction(organization: object, while_preparing: Put, before_answering: Put) -> None:
    seen: list[bool] = []
    while_preparing(lambda: seen.append(connection.in_atomic_block))
    before_answering(lambda: seen.append(connection.in_atomic_block))
    assert upload(APIClient(SERVER_NAME="localhost")).status_code == 202
    assert seen == [False, True]


@pytest.mark.django_db(transaction=True)
def test_while_one_prepares_another_is_409(organization: object, while_preparing: Put) -> None:
    preparing, go_on = threading.Event(), threading.Event()

    def wait() -> None:
        preparing.set()
        go_on.wait(10)

    def send() -> Any:
        try:
            return upload(APIClient(SERVER_NAME="localhost"), "shared")
        finally:
            connections.close_all()

    while_preparing(wait)
    with ThreadPoolExecutor(1) as pool:
        first = pool.submit(send)
        assert preparing.wait(10)
        second = send()
        go_on.set()
        assert first.result(10).status_code == 202
    assert (second.status_code, second.json()["error_code"]) == (409, "idempotency_in_progress")
    assert int(second["Retry-After"]) >= 1
    assert send()["Idempotency-Replayed"] == "true"
    assert PREPARATIONS == ["prepared"]


@pytest.mark.django_db(transaction=True)
def test_a_connection_that_dies_while_preparing_leaves_nothing(organization: object, while_preparing: Put) -> None:
    def cut() -> None:
        connection.connection.close()

    while_preparing(cut)
    api = APIClient(SERVER_NAME="localhost", raise_request_exception=False)
    assert upload(api).status_code == 503
    assert PREPARATIONS == ["prepared", "undone"]
    connections.close_all()
    while_preparing(lambda: None)
    assert upload(api).status_code == 202
