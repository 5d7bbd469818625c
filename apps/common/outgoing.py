"""HTTP to addresses that people of an organization have written down: never into our own network.

The name is looked up once, every address it has is judged, and one of those is connected to: a name that means
something else a moment later changes nothing. TLS still asks for the name. Nothing is redirected, no proxy of the
environment is used, and an answer has a size and a time, however slowly it comes.
"""

from __future__ import annotations

import ssl
import time
from collections.abc import Collection, Iterable
from functools import lru_cache
from ipaddress import IPv4Address, IPv6Address, IPv6Network, ip_address
from typing import Any
from urllib.parse import SplitResult, urlsplit

import httpcore
import httpx

from apps.common.resolution import addresses_of

LARGEST_ANSWER = 512 * 1024
LONGEST_SECONDS = 8.0
_UNICAST = IPv6Network("2000::/3")  # all that is given out; what Python calls global holds more
_TRANSLATED = IPv6Network("64:ff9b::/96")  # IPv4 inside IPv6, by a gateway
_OK = 200


class AddressRefused(Exception):
    """We do not send anything there."""


class NoAnswer(Exception):
    """Nobody answered, or, where ``answered``, not as was asked for."""

    def __init__(self, *, answered: bool) -> None:
        self.answered = answered
        super().__init__(answered)


def require_address(address: str, *, allowed: Collection[str]) -> SplitResult:
    """An address that may be sent to, as far as it can be told without looking its name up.

    It is https, without a name or password in it; http only where ``allowed`` names its host, with or without its port.
    Raises ``AddressRefused``.
    """
    try:
        parts = urlsplit(address)
        port = parts.port
        httpx.URL(address)
    except (ValueError, httpx.InvalidURL) as error:
        raise AddressRefused from error
    if not parts.hostname or "@" in parts.netloc or port == 0 or not address.isascii() or not address.isprintable():
        raise AddressRefused
    if parts.scheme != "https" and not (parts.scheme == "http" and _is_allowed(parts.hostname, port, allowed)):
        raise AddressRefused
    return parts


def json_of(address: str, *, allowed: Collection[str], seconds: float = LONGEST_SECONDS) -> dict[str, Any]:
    """The JSON object at an address, within ``seconds``.

    Raises ``AddressRefused``, ``NoAnswer``, or ``TooManyRequests`` where its name could not even be looked up.
    """
    with outgoing_client(allowed=allowed, seconds=seconds) as client:
        require_address(address, allowed=allowed)
        try:
            answer = client.get(address, headers={"Accept": "application/json"})
            told = answer.json() if answer.status_code == _OK else None
        except httpx.HTTPError as error:
            raise NoAnswer(answered=False) from error
        except (ValueError, RecursionError) as error:
            raise NoAnswer(answered=True) from error
    if not isinstance(told, dict):
        raise NoAnswer(answered=True)
    return told


def outgoing_client(*, allowed: Collection[str], seconds: float = LONGEST_SECONDS) -> httpx.Client:
    """A client for one exchange or a few, all of which share ``seconds``.

    Raises ``AddressRefused`` where an address turns out to lead into a network of ours, ``TooManyRequests`` where so
    many names are looked up that this one was not, ``httpx.HTTPError`` otherwise.
    """
    return httpx.Client(
        transport=_Transport(allowed, time.monotonic() + seconds),
        timeout=seconds,
        follow_redirects=False,
        trust_env=False,
        headers={"Accept-Encoding": "identity", "User-Agent": "oficina"},
    )


def is_global(address: str) -> bool:
    """Whether an address is one of the whole internet, and does not hide one that is not."""
    parsed = ip_address(address.partition("%")[0])
    if isinstance(parsed, IPv6Address):
        hidden = parsed.ipv4_mapped
        if hidden is None and parsed in _TRANSLATED:
            hidden = IPv4Address(parsed.packed[-4:])
        if hidden is not None:
            return is_global(str(hidden))
        if parsed not in _UNICAST or parsed.sixtofour is not None or parsed.teredo is not None:
            return False
    return parsed.is_global and not parsed.is_multicast


def _is_allowed(host: str, port: int | None, allowed: Collection[str]) -> bool:
    bare = host.strip("[]").lower()
    names = {bare, f"[{bare}]"}
    return not {*names, *(f"{name}:{port}" for name in names)}.isdisjoint(entry.lower() for entry in allowed)


@lru_cache(maxsize=1)
def _authorities() -> ssl.SSLContext:
    return httpx.create_ssl_context(trust_env=False)


class _Backend(httpcore.NetworkBackend):
    """Connects to an address that has been judged, never to a name."""

    def __init__(self, allowed: Collection[str], deadline: float) -> None:
        self._allowed, self._deadline = allowed, deadline
        self._sockets = httpcore.SyncBackend()

    def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,
        local_address: str | None = None,
        socket_options: Iterable[httpcore.SOCKET_OPTION] | None = None,
    ) -> httpcore.NetworkStream:
        failure: httpcore.ConnectError | httpcore.ConnectTimeout = httpcore.ConnectError("no address")
        for address in self._judged(host, port):
            try:
                stream = self._sockets.connect_tcp(
                    address, port, _left(self._deadline), local_address, socket_options or ()
                )
            except (httpcore.ConnectError, httpcore.ConnectTimeout) as error:
                failure = error
            else:
                return _Stream(stream, self._deadline)
        raise failure

    def _judged(self, host: str, port: int) -> list[str]:
        try:
            addresses = addresses_of(host, port, seconds=_left(self._deadline))
        except TimeoutError as error:
            raise httpcore.ConnectTimeout("its name takes too long") from error
        except (OSError, UnicodeError) as error:
            raise httpcore.ConnectError(str(error)) from error
        if not _is_allowed(host, port, self._allowed) and not all(is_global(address) for address in addresses):
            raise AddressRefused
        return addresses


class _Stream(httpcore.NetworkStream):
    """Bytes of one connection, until the deadline or the largest answer."""

    def __init__(self, stream: httpcore.NetworkStream, deadline: float) -> None:
        self._stream, self._deadline, self._received = stream, deadline, 0

    def read(self, max_bytes: int, timeout: float | None = None) -> bytes:
        data = self._stream.read(max_bytes, _left(self._deadline))
        self._received += len(data)
        if self._received > LARGEST_ANSWER:
            raise httpcore.ReadError("the answer is too large")
        return data

    def write(self, buffer: bytes, timeout: float | None = None) -> None:
        self._stream.write(buffer, _left(self._deadline))

    def close(self) -> None:
        self._stream.close()

    def start_tls(
        self, ssl_context: ssl.SSLContext, server_hostname: str | None = None, timeout: float | None = None
    ) -> httpcore.NetworkStream:
        return _Stream(self._stream.start_tls(ssl_context, server_hostname, _left(self._deadline)), self._deadline)

    def get_extra_info(self, info: str) -> Any:
        return self._stream.get_extra_info(info)


def _left(deadline: float) -> float:
    left = deadline - time.monotonic()
    if left <= 0:
        raise httpcore.ReadTimeout("it took too long")
    return left


class _Transport(httpx.BaseTransport):
    """Reads whole answers; what is packed is not unpacked, for it could be of any size."""

    def __init__(self, allowed: Collection[str], deadline: float) -> None:
        self._allowed = allowed
        self._pool = httpcore.ConnectionPool(
            ssl_context=_authorities(), network_backend=_Backend(allowed, deadline), max_connections=1
        )

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        require_address(str(request.url), allowed=self._allowed)
        url = request.url
        try:
            answer = self._pool.handle_request(
                httpcore.Request(
                    method=request.method,
                    url=httpcore.URL(scheme=url.raw_scheme, host=url.raw_host, port=url.port, target=url.raw_path),
                    headers=request.headers.raw,
                    content=request.read(),
                    extensions={},
                )
            )
            content = answer.read()
            answer.close()
        except (httpcore.NetworkError, httpcore.TimeoutException, httpcore.ProtocolError) as error:
            raise httpx.TransportError(str(error) or type(error).__name__) from error
        if any(name.lower() == b"content-encoding" and value != b"identity" for name, value in answer.headers):
            raise httpx.TransportError("the answer is packed")
        return httpx.Response(answer.status, headers=answer.headers, content=content, request=request)

    def close(self) -> None:
        self._pool.close()
