"""Bodies are capped before they are read, by route, chunked ones too; against a real server on a real socket."""

from __future__ import annotations

import socket
import threading
from collections.abc import Iterator
from io import BytesIO
from typing import Any

import httpx
import pytest
import uvicorn
from a2wsgi import WSGIMiddleware
from django.core.files.uploadedfile import SimpleUploadedFile
from django.core.handlers.wsgi import WSGIHandler
from django.db import connections
from django.http import HttpRequest, HttpResponse, StreamingHttpResponse
from django.http.response import HttpResponseBase
from django.test import RequestFactory
from rest_framework.test import APIClient

from apps.common.middleware import BodyLimitMiddleware
from apps.common.testing import eventually

ECHO, UPLOAD = "/api/v1/echo", "/api/v1/echo/uploads"
CAP = 4096


@pytest.fixture(autouse=True)
def _caps(settings: Any) -> None:
    settings.ENV = settings.ENV.model_copy(update={"max_body_bytes": CAP, "max_upload_bytes": 10 * CAP})


FORM = "multipart/form-data; boundary=x"


def announced(api: APIClient, path: str, length: str, content_type: str = "application/json") -> Any:
    """A request that promises so many bytes and sends none."""
    return api.post(path, b"", content_type=content_type, CONTENT_LENGTH=length)


def test_it_works(api: APIClient) -> None:
    answer = announced(api, ECHO, str(CAP + 1))
    assert answer.status_code == 413
    assert answer.json()["error_code"] == "too_large"
    assert answer.json()["max_bytes"] == CAP


def test_what_fits_passes(api: APIClient) -> None:
    body = {"name": "a", "parameters": {"x": "y" * (CAP - 100)}}
    assert api.post(ECHO, body, format="json").status_code == 200


def test_routes_of_uploads_take_more(api: APIClient) -> None:
    form = {"version": "1", "artifact": SimpleUploadedFile("a.bin", b"x" * 2 * CAP)}
    assert api.post(UPLOAD, form, format="multipart").json()["received"]["size"] == 2 * CAP
    assert announced(api, UPLOAD, str(10**9), FORM).status_code == 413


def test_only_forms_carry_uploads(api: APIClient) -> None:
    assert announced(api, UPLOAD, str(CAP + 1)).status_code == 413


def test_a_form_elsewhere_takes_no_more(api: APIClient) -> None:
    assert announced(api, ECHO, str(CAP + 1), FORM).status_code == 413


@pytest.mark.parametrize("path", ["/nowhere", "/health", "/api/v1/openapi.json"])
def test_other_paths_are_capped_too(api: APIClient, path: str) -> None:
    assert announced(api, path, str(CAP + 1)).status_code == 413


@pytest.mark.parametrize("length", ["-1", "1e3", "x", "٣"])
def test_lengths_that_are_none_are_400(api: APIClient, length: str) -> None:
    assert announced(api, ECHO, length).status_code == 400


def test_a_server_that_cannot_end_a_body_is_told_so(api: APIClient) -> None:
    answer = api.post(ECHO, b"", content_type="application/json", CONTENT_LENGTH="", HTTP_TRANSFER_ENCODING="chunked")
    assert answer.status_code == 411


def test_chunks_in_wsgi_with_terminated_input(api: APIClient) -> None:
    extra: dict[str, Any] = {"wsgi.input": BytesIO(b'{"name": "a"}'), "wsgi.input_terminated": True}
    answer = api.post(
        ECHO, b"", content_type="application/json", CONTENT_LENGTH="", HTTP_TRANSFER_ENCODING="chunked", **extra
    )
    assert answer.status_code == 200, answer.content


@pytest.mark.parametrize("way", [{"CONTENT_LENGTH": "9"}, {"HTTP_TRANSFER_ENCODING": "chunked", "CONTENT_LENGTH": ""}])
def test_uploads_on_their_way_leave_threads_for_all_else(settings: Any, way: dict[str, Any]) -> None:
    """Whatever their form: JSON to a route of uploads comes as slowly as a file does."""
    settings.ENV = settings.ENV.model_copy(update={"web_threads": 2})
    reading, let_go = threading.Event(), threading.Event()

    class Slow(BytesIO):
        def read(self, size: int | None = -1) -> bytes:
            reading.set()
            let_go.wait(20)
            return b""

    def answer(request: HttpRequest) -> HttpResponse:
        return HttpResponse(request.read())

    limited, requests = BodyLimitMiddleware(answer), RequestFactory()
    slow: dict[str, Any] = {"wsgi.input": Slow(), "wsgi.input_terminated": True, **way}
    first = threading.Thread(target=limited, args=[requests.post(UPLOAD, **slow)])
    first.start()
    try:
        assert reading.wait(20)
        refused = limited(requests.post(UPLOAD, b"{}", content_type="application/json"))
        assert (refused.status_code, refused["Retry-After"]) == (429, "10")
        assert limited(requests.post(ECHO, b"{}", content_type="application/json")).status_code == 200
        assert limited(requests.get(UPLOAD)).status_code == 200
    finally:
        let_go.set()
        first.join(20)
    assert limited(requests.post(UPLOAD, b"{}", content_type="application/json")).status_code == 200


def streamed(_request: HttpRequest) -> StreamingHttpResponse:
    return StreamingHttpResponse(iter([b"a", b"b"]))


@pytest.mark.usefixtures("db")  # an answer that is closed looks at the connections
def test_downloads_on_their_way_leave_threads_for_all_else(settings: Any) -> None:
    settings.ENV = settings.ENV.model_copy(update={"web_threads": 2})
    limited, get = BodyLimitMiddleware(streamed), RequestFactory().get
    first: Any = limited(get(ECHO))
    another: Any = get(ECHO)
    another.client_ip = "192.0.2.1"
    refused = limited(another)
    assert (refused.status_code, refused["Retry-After"]) == (429, "10")
    assert b"".join(first) == b"ab"  # whoever has read all of it makes room, and so does whoever left
    left = limited(get(ECHO))
    assert (left.status_code, limited(get(ECHO)).status_code) == (200, 429)
    assert limited(RequestFactory().generic("GET", ECHO, b"{}")).status_code == 429  # asked for with a body, too
    left.close()
    assert limited(get(ECHO)).status_code == 200


def test_one_reader_takes_not_all_of_them(settings: Any) -> None:
    settings.ENV = settings.ENV.model_copy(update={"web_threads": 8})
    limited = BodyLimitMiddleware(streamed)

    def asked(address: str) -> HttpResponseBase:
        request: Any = RequestFactory().get(ECHO)
        request.client_ip = address
        return limited(request)

    held = [asked("192.0.2.1"), asked("192.0.2.1")]
    assert [asked("192.0.2.1").status_code, asked("192.0.2.2").status_code] == [429, 200]
    assert [response.status_code for response in held] == [200, 200]


@pytest.fixture
def server(organization: object) -> Iterator[str]:
    """The tiny API behind uvicorn, as in config.asgi; it needs no rows of the test's own transaction."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]

    def application(environ: Any, start_response: Any) -> Any:
        answer = WSGIHandler()(environ, start_response)
        connections.close_all()
        return answer

    app: Any = WSGIMiddleware(application, workers=2)
    config = uvicorn.Config(app, port=port, lifespan="off", log_config=None, access_log=False)
    running = uvicorn.Server(config)
    thread = threading.Thread(target=running.run)
    thread.start()
    eventually(lambda: running.started)
    yield f"http://127.0.0.1:{port}"
    running.should_exit = True
    thread.join(10)


@pytest.mark.django_db(transaction=True)
def test_real_chunks_are_read(server: str) -> None:
    pieces = (piece for piece in (b'{"name"', b': "', b"a" * 100, b'"}'))
    answer = httpx.post(server + ECHO, content=pieces, headers={"Content-Type": "application/json"})
    assert answer.status_code == 200, answer.content
    assert answer.json()["received"]["name"] == "a" * 100


@pytest.mark.django_db(transaction=True)
def test_real_chunks_are_counted(server: str) -> None:
    sent = 0

    def endless() -> Iterator[bytes]:
        nonlocal sent
        while sent < 10_000 * CAP:
            sent += 1024
            yield b" " * 1024

    try:
        status = httpx.post(server + ECHO, content=endless(), headers={"Content-Type": "application/json"}).status_code
    except httpx.TransportError:  # cut off while still sending
        status = 413
    assert status == 413


@pytest.mark.django_db(transaction=True)
def test_real_bytes_that_are_no_http_are_survived(server: str) -> None:
    host, port = server.removeprefix("http://").split(":")
    for raw in (
        b"GET /api/v1/echo?\xff\xfe HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n",
        b"GET /\xff HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n",
        b"GET /api/v1/echo HTTP/1.1\r\nHost: localhost\r\nX-Request-ID: \xff\r\nConnection: close\r\n\r\n",
        b"POST /api/v1/echo HTTP/1.1\r\nHost: localhost\r\nContent-Length: 5\r\nContent-Length: 6\r\n\r\nhello",
        b"\x00\x01\x02\r\n\r\n",
    ):
        with socket.create_connection((host, int(port)), 5) as client:
            client.sendall(raw)
            answer = client.recv(65536)
        assert b" 500 " not in answer.split(b"\r\n")[0], (raw, answer)
