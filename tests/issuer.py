"""A small OpenID Connect issuer of our own, over HTTP: discovery, keys that rotate, sign-in of browsers, tokens."""

from __future__ import annotations

import base64
import hashlib
import json
import secrets
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import cache
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, unquote, urlencode, urlsplit

import jwt
from cryptography.hazmat.primitives.asymmetric import ec, rsa

CLIENT_ID, CLIENT_SECRET, AUDIENCE = "oficina-portal", "a+secret/of:ours", "api://oficina"
DISCOVERY, KEYS, AUTHORIZE, TOKEN = "/.well-known/openid-configuration", "/keys", "/authorize", "/token"
PrivateKey = rsa.RSAPrivateKey | ec.EllipticCurvePrivateKey


@cache
def key_of(number: int, algorithm: str = "RS256") -> PrivateKey:
    """Keys are made once for all tests of a process: one of RSA takes a while."""
    if algorithm == "ES256":
        return ec.generate_private_key(ec.SECP256R1())
    return rsa.generate_private_key(public_exponent=65537, key_size=2048)


class Issuer:
    """Signs tokens and counts what it is asked. ``person`` is who signs in there; ``broken`` changes its answers.

    Where there is a ``between``, answers go out byte by byte, and it is called between them.
    """

    def __init__(self, port: int) -> None:
        self.url = f"http://127.0.0.1:{port}"
        self.asked: Counter[str] = Counter()
        self.person: dict[str, Any] = {"sub": "person-1", "email": "person@acme.example", "email_verified": True}
        self.refusal = ""
        self.broken: dict[str, Any] = {}
        self.between: Callable[[], object] | None = None
        self.token_claims: dict[str, Any] = {}
        self.signing: dict[str, tuple[PrivateKey, str]] = {"first": (key_of(1), "RS256")}
        self.token_requests: list[dict[str, str]] = []
        self._codes: dict[str, dict[str, str]] = {}

    def rotate(self, kid: str, *, number: int = 2, algorithm: str = "RS256") -> None:
        """Signs with a new key from now on; the one before is published no more."""
        self.signing = {kid: (key_of(number, algorithm), algorithm)}

    def token(self, *, kid: str | None = None, headers: dict[str, Any] | None = None, **claims: Any) -> str:
        """A token for the API; claims set to None are left out."""
        name = kid or next(iter(self.signing))
        key, algorithm = self.signing.get(name) or next(iter(self.signing.values()))
        return self.signed(key, algorithm, headers={"kid": name, **(headers or {})}, **claims)

    def signed(self, key: Any, algorithm: str, *, headers: dict[str, Any], **claims: Any) -> str:
        """A token with this key and algorithm, whatever this issuer publishes."""
        now = int(time.time())
        said = {"iss": self.url, "aud": AUDIENCE, "iat": now, "nbf": now, "exp": now + 600, **self.person, **claims}
        said = {name: value for name, value in said.items() if value is not None}
        return jwt.encode(said, key, algorithm=algorithm, headers=headers)

    def answer(self, method: str, target: str, body: str, headers: Any) -> tuple[int, dict[str, str], bytes]:
        """Status, headers and body for a request."""
        path = urlsplit(target).path
        self.asked[path] += 1
        if path in self.broken:
            given = self.broken[path]
            return given() if callable(given) else given  # type: ignore[no-any-return]
        if path == DISCOVERY:
            return _json(200, self.configuration())
        if path == KEYS:
            return _json(200, {"keys": [self._published(kid) for kid in self.signing]})
        query = {name: values[-1] for name, values in parse_qs(urlsplit(target).query).items()}
        if path == AUTHORIZE and method == "GET":
            return self._authorize(query)
        if path == TOKEN and method == "POST":
            return self._token({name: values[-1] for name, values in parse_qs(body).items()}, headers)
        return _json(404, {"error": "not_found"})

    def configuration(self) -> dict[str, Any]:
        """The discovery document."""
        return {
            "issuer": self.url,
            "jwks_uri": self.url + KEYS,
            "authorization_endpoint": self.url + AUTHORIZE,
            "token_endpoint": self.url + TOKEN,
            "token_endpoint_auth_methods_supported": ["client_secret_basic", "client_secret_post"],
            "code_challenge_methods_supported": ["S256"],
        }

    def _published(self, kid: str) -> dict[str, Any]:
        key, algorithm = self.signing[kid]
        kind: Any = jwt.get_algorithm_by_name(algorithm)
        return {**json.loads(kind.to_jwk(key.public_key())), "kid": kid, "use": "sig", "alg": algorithm}

    def _authorize(self, query: dict[str, str]) -> tuple[int, dict[str, str], bytes]:
        """Signs ``person`` in without asking, and sends the browser back."""
        known = query.get("client_id") == CLIENT_ID and query.get("response_type") == "code"
        if not known or query.get("code_challenge_method") != "S256" or "openid" not in query.get("scope", ""):
            return _json(400, {"error": "invalid_request"})
        told = {"state": query["state"], "iss": self.url}
        if self.refusal:
            told["error"] = self.refusal
        else:
            told["code"] = secrets.token_urlsafe(16)
            self._codes[told["code"]] = query
        return 302, {"Location": f"{query['redirect_uri']}?{urlencode(told)}"}, b""

    def _token(self, form: dict[str, str], headers: Any) -> tuple[int, dict[str, str], bytes]:
        """An ID token for a code: once, for who proves to have begun, at the address it was sent to."""
        self.token_requests.append(form)
        if not _authenticated(form, headers.get("Authorization", "")):
            return _json(401, {"error": "invalid_client"})
        begun = self._codes.pop(form.get("code", ""), None)
        digest = hashlib.sha256(form.get("code_verifier", "").encode()).digest()
        challenge = base64.urlsafe_b64encode(digest).rstrip(b"=").decode()
        if begun is None or begun["redirect_uri"] != form.get("redirect_uri") or begun["code_challenge"] != challenge:
            return _json(400, {"error": "invalid_grant"})
        claims = {"aud": CLIENT_ID, "nonce": begun["nonce"], **self.token_claims}
        return _json(200, {"access_token": "opaque", "token_type": "Bearer", "id_token": self.token(**claims)})


def _authenticated(form: dict[str, str], header: str) -> bool:
    if header.startswith("Basic "):
        name, _colon, secret = base64.b64decode(header.removeprefix("Basic ")).decode().partition(":")
        return (unquote(name), unquote(secret)) == (CLIENT_ID, CLIENT_SECRET)
    return (form.get("client_id"), form.get("client_secret")) == (CLIENT_ID, CLIENT_SECRET)


def _json(status: int, told: Any) -> tuple[int, dict[str, str], bytes]:
    return status, {"Content-Type": "application/json"}, json.dumps(told).encode()


@contextmanager
def issuer_running() -> Iterator[Issuer]:
    """An issuer on a free port of loopback, while the block runs."""

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_GET(self) -> None:
            self._answer("")

        def do_POST(self) -> None:
            self._answer(self.rfile.read(int(self.headers.get("Content-Length", 0))).decode())

        def _answer(self, body: str) -> None:
            status, headers, content = issuer.answer(self.command, self.path, body, self.headers)
            self.send_response(status)
            for name, value in headers.items():
                self.send_header(name, value)
            self.send_header("Content-Length", str(len(content)))
            self.end_headers()
            try:
                for part in [content] if issuer.between is None else [bytes([each]) for each in content]:
                    self.wfile.write(part)
                    if issuer.between is not None:
                        issuer.between()
            except OSError:  # who asked has had enough
                self.close_connection = True

        def log_message(self, *args: Any) -> None:
            """Says nothing: tests look at what was counted."""

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        server.daemon_threads = True
        issuer = Issuer(server.server_port)
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
        thread.start()
        try:
            yield issuer
        finally:
            server.shutdown()
            thread.join()
