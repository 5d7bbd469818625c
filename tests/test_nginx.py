"""The proxy of the production set-up, started for real in front of a server that tells what it was asked."""

from __future__ import annotations

import json
import os
import shutil
import socket
import ssl
import subprocess
import threading
import warnings
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import httpx
import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from apps.common.testing import eventually
from config.env import BASE_DIR

SECONDS = 30
SECURE_FOR_A_YEAR = "max-age=31536000; includeSubDomains"


class Telling(BaseHTTPRequestHandler):
    """Answers every request with what arrived."""

    protocol_version = "HTTP/1.1"

    def do_GET(self) -> None:
        self.rfile.read(int(self.headers.get("Content-Length") or 0))
        told = json.dumps({"path": self.path, "server": self.connection.getsockname()[1]} | dict(self.headers)).encode()
        self.send_response(200)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(told)))
        self.end_headers()
        self.wfile.write(told)

    do_POST = do_GET  # noqa: N815  # the name is the library's

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002  # the name is the library's
        """Keep the test's output clean."""


@dataclass(frozen=True)
class Proxy:
    url: str
    tls_url: str
    log: Path
    web_port: int
    sockets_port: int


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def certificate(directory: Path) -> None:
    """A certificate that nobody trusts."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "localhost")])
    now = datetime.now(UTC)
    signed = (
        x509.CertificateBuilder(name, name, key.public_key(), x509.random_serial_number(), now, now + timedelta(days=1))
    ).sign(key, hashes.SHA256())
    (directory / "fullchain.pem").write_bytes(signed.public_bytes(serialization.Encoding.PEM))
    (directory / "privkey.pem").write_bytes(
        key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    )


@pytest.fixture
def upstreams() -> Iterator[list[ThreadingHTTPServer]]:
    servers = [ThreadingHTTPServer(("127.0.0.1", 0), Telling) for _ in range(2)]
    for server in servers:
        threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True).start()
    yield servers
    for server in servers:
        server.shutdown()
        server.server_close()


@pytest.fixture
def proxy(tmp_path: Path, upstreams: list[ThreadingHTTPServer]) -> Iterator[Proxy]:
    """The files as they are, but for names, ports and places that only exist in containers."""
    nginx = shutil.which("nginx", path=f"{os.environ['PATH']}:/usr/sbin")
    if nginx is None:
        pytest.skip("nginx is not installed")
    shutil.copytree(BASE_DIR / "deploy" / "nginx", tmp_path / "nginx")
    port, tls_port = free_port(), free_port()
    replaced = {
        "web:8000": f"127.0.0.1:{upstreams[0].server_port}",
        "sockets:8000": f"127.0.0.1:{upstreams[1].server_port}",
        "listen 8080": f"listen 127.0.0.1:{port}",
        "listen 8443": f"listen 127.0.0.1:{tls_port}",
        "/tmp/": f"{tmp_path}/",
        "/dev/stdout": str(tmp_path / "access.log"),
        "/dev/stderr": str(tmp_path / "error.log"),
        "worker_processes auto": "worker_processes 1",
    }
    (tmp_path / "nginx" / "tls" / "tls.conf.example").rename(tmp_path / "nginx" / "tls" / "tls.conf")
    certificate(tmp_path / "nginx" / "tls")
    for path in (tmp_path / "nginx").rglob("*.conf"):
        text = path.read_text()
        for old, new in replaced.items():
            text = text.replace(old, new)
        path.write_text(text)
    command = [nginx, "-c", str(tmp_path / "nginx" / "nginx.conf"), "-g", "daemon off; master_process off;"]
    checked = subprocess.run([*command, "-t"], capture_output=True, text=True, timeout=SECONDS, check=False)
    assert checked.returncode == 0, checked.stderr
    process = subprocess.Popen(command)
    url = f"http://127.0.0.1:{port}"
    eventually(lambda: answers(f"{url}/nginx-health"), seconds=SECONDS)
    yield Proxy(
        url,
        f"https://127.0.0.1:{tls_port}",
        tmp_path / "access.log",
        upstreams[0].server_port,
        upstreams[1].server_port,
    )
    process.terminate()
    process.wait(timeout=SECONDS)


def answers(url: str) -> bool:
    try:
        return httpx.get(url).status_code == 204
    except httpx.TransportError:
        return False


def told(response: httpx.Response) -> dict[str, Any]:
    assert response.status_code == 200, response.text
    return {name.lower(): value for name, value in response.json().items()}


def test_it_works(proxy: Proxy) -> None:
    answer = told(httpx.get(f"{proxy.url}/api/v1/robots?page=2", headers={"Host": "acme.oficina.example"}))
    assert answer["path"] == "/api/v1/robots?page=2"
    assert answer["server"] == proxy.web_port
    assert answer["host"] == "acme.oficina.example"
    assert answer["x-forwarded-proto"] == "http"


def test_the_port_stays_in_the_host(proxy: Proxy) -> None:
    """Browsers name it in Origin, which forms and sockets compare with the host."""
    assert told(httpx.get(proxy.url, headers={"Host": "acme.localhost:8080"}))["host"] == "acme.localhost:8080"


def test_what_the_client_says_about_its_address_is_not_believed(proxy: Proxy) -> None:
    answer = told(httpx.get(proxy.url, headers={"X-Forwarded-For": "10.9.8.7", "X-Forwarded-Proto": "https"}))
    assert (answer["x-forwarded-for"], answer["x-forwarded-proto"]) == ("127.0.0.1", "http")


def test_nor_under_a_name_that_the_product_cannot_tell_from_ours(proxy: Proxy) -> None:
    answer = told(httpx.get(proxy.url, headers={"X_Forwarded_For": "10.9.8.7", "X_Forwarded-Proto": "https"}))
    assert {name for name in answer if "forwarded" in name} == {"x-forwarded-for", "x-forwarded-proto"}


def test_sockets_are_upgraded(proxy: Proxy) -> None:
    headers = {"Upgrade": "websocket", "Connection": "Upgrade"}
    answer = told(httpx.get(f"{proxy.url}/api/v1/ws/runs/1/logs?token=t", headers=headers))
    assert answer["server"] == proxy.sockets_port
    assert (answer["upgrade"], answer["connection"]) == ("websocket", "upgrade")


def test_streams_go_where_long_connections_are_kept(proxy: Proxy) -> None:
    assert told(httpx.get(f"{proxy.url}/api/v1/runs/1/logs/stream"))["server"] == proxy.sockets_port
    assert told(httpx.get(f"{proxy.url}/api/v1/runs/1/logs"))["server"] == proxy.web_port


def test_tls(proxy: Proxy) -> None:
    answer = told(httpx.get(f"{proxy.tls_url}/portal/", verify=False))
    assert answer["x-forwarded-proto"] == "https"


@pytest.mark.parametrize(
    ("cipher", "version", "spoken"),
    [
        ("ECDHE-ECDSA-AES128-GCM-SHA256", ssl.TLSVersion.TLSv1_2, True),
        ("ECDHE-ECDSA-CHACHA20-POLY1305", ssl.TLSVersion.TLSv1_2, True),
        ("ECDHE-ECDSA-AES128-SHA256", ssl.TLSVersion.TLSv1_2, False),
        ("ECDHE-ECDSA-AES256-SHA", ssl.TLSVersion.TLSv1_2, False),
        ("DEFAULT:@SECLEVEL=0", ssl.TLSVersion.TLSv1_1, False),
    ],
)
def test_versions_and_ciphers(proxy: Proxy, cipher: str, version: ssl.TLSVersion, spoken: bool) -> None:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
    context.set_ciphers(cipher)
    with warnings.catch_warnings(action="ignore"):  # old versions are what is tried
        context.minimum_version = context.maximum_version = version
    address = httpx.URL(proxy.tls_url)
    with socket.create_connection((address.host, address.port or 0), timeout=SECONDS) as plain:
        if spoken:
            with context.wrap_socket(plain) as secured:
                assert (secured.cipher() or ("",))[0] == cipher
        else:
            with pytest.raises(OSError, match=r"(?i)ssl|reset|closed"):
                context.wrap_socket(plain)


def test_metrics_are_not_for_outside(proxy: Proxy) -> None:
    assert httpx.get(f"{proxy.url}/metrics").status_code == 404


def test_tokens_in_addresses_are_in_no_log(proxy: Proxy) -> None:
    httpx.get(f"{proxy.url}/api/v1/ws/x?token=very-secret")
    lines = eventually(lambda: [line for line in proxy.log.read_text().splitlines() if "/api/v1/ws/x" in line])
    assert json.loads(lines[0])["path"] == "/api/v1/ws/x"
    assert "very-secret" not in proxy.log.read_text()


def test_a_flood_of_sign_ins_is_refused_in_the_products_words(proxy: Proxy) -> None:
    with httpx.Client() as client:
        found = [client.post(f"{proxy.url}/api/v1/auth/login/", json={}) for _ in range(30)]
    refused = [response for response in found if response.status_code == 429]
    assert len(refused) in range(5, 11)
    assert refused[0].json()["error_code"] == "too_many_requests"
    assert refused[0].headers["Retry-After"] == "1"


def test_a_flood_at_the_forms_is_refused_too(proxy: Proxy) -> None:
    for path in ("/portal/session/sign-in/", "/admin/login/"):
        with httpx.Client() as client:
            assert 429 in {client.post(f"{proxy.url}{path}").status_code for _ in range(30)}


def test_a_large_body_is_refused_but_for_packages(proxy: Proxy) -> None:
    body = b"x" * (11 * 1024**2)
    refused = httpx.post(f"{proxy.url}/api/v1/services", content=body)
    assert (refused.status_code, refused.json()["error_code"]) == (413, "body_too_large")
    for path in ("robots", "robots/", "robots/1/versions/publish"):
        assert httpx.post(f"{proxy.url}/api/v1/{path}", content=body).status_code == 200
    assert httpx.post(f"{proxy.url}/admin/robots/robot/1/publish/", content=body).status_code == 200
    assert httpx.post(f"{proxy.url}/api/v1/robots/1/versions", content=body).status_code == 413


def test_refusals_of_the_proxy_are_confined_too(proxy: Proxy) -> None:
    body = b"x" * (11 * 1024**2)
    for url, status, secure in (
        (f"{proxy.url}/api/v1/services", 413, False),
        (f"{proxy.tls_url}/api/v1/services", 413, True),
        (f"{proxy.tls_url}/metrics", 404, True),
    ):
        answer = httpx.post(url, content=body if status == 413 else b"", verify=False)
        assert answer.status_code == status
        assert "object-src 'none'" in answer.headers["Content-Security-Policy"]
        assert (answer.headers["X-Content-Type-Options"], answer.headers["Cache-Control"]) == ("nosniff", "no-store")
        assert answer.headers.get("Strict-Transport-Security") == (SECURE_FOR_A_YEAR if secure else None)


def test_an_absent_product_is_a_503(proxy: Proxy, upstreams: list[ThreadingHTTPServer]) -> None:
    for server in upstreams:
        server.shutdown()
        server.server_close()
    answer = httpx.get(f"{proxy.url}/api/v1/robots")
    assert (answer.status_code, answer.json()["error_code"]) == (503, "unavailable")
