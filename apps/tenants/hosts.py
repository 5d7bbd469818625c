"""Host names, in the one form in which they are stored and compared."""

from __future__ import annotations

import re
from functools import lru_cache
from ipaddress import ip_address
from urllib.parse import urlsplit

from django.conf import settings
from django.http.request import split_domain_port
from django.utils.encoding import punycode

_LABEL = re.compile(r"(?!-)[a-z0-9-]{1,63}(?<!-)\Z")
_LONGEST, _REMEMBERED = 253, 1024
_IMPLIED_PORTS = {("http", 80), ("https", 443)}


def normal_host(given: str) -> str | None:
    """A host as in a ``Host`` header (any case, port, final dot, Unicode) in its one form; None where it is none.

    ``Bücher.Example.:8000`` becomes ``xn--bcher-kva.example``; IPv6 keeps its brackets.
    What is longer than any name is not remembered.
    """
    return _known_host(given) if len(given) <= _LONGEST else _host(given)


def _host(given: str) -> str | None:
    try:
        host = split_domain_port(punycode(given.strip()).lower())[0]
    except UnicodeError:
        return None
    return host if is_ip_address(host) or is_domain_name(host) else None


_known_host = lru_cache(maxsize=_REMEMBERED)(_host)


def is_domain_name(host: str) -> bool:
    """Whether a normalised host is a well-formed name."""
    return len(host) <= _LONGEST and all(_LABEL.match(label) for label in host.split("."))


def is_ip_address(host: str) -> bool:
    """Whether a normalised host is an address, IPv6 in brackets."""
    try:
        ip_address(host.removeprefix("[").removesuffix("]"))
    except ValueError:
        return False
    return True


@lru_cache(maxsize=8)
def _shared(base_domain: str, others: tuple[str, ...]) -> frozenset[str]:
    return frozenset(host for given in (base_domain, *others) if (host := normal_host(given)) is not None)


def is_shared_host(host: str) -> bool:
    """Whether a host serves all organizations, by credentials, and the platform itself."""
    return host in _shared(settings.ENV.base_domain, settings.ENV.shared_hosts)


def shared_url() -> str:
    """How browsers reach the shared host: PUBLIC_URL, or a guess from the rest of the environment."""
    scheme = "https" if settings.ENV.secure_cookies else "http"
    return settings.ENV.public_url or f"{scheme}://{settings.ENV.base_domain.lower()}"


def is_platform_origin(origin: str) -> bool:
    """Whether an ``Origin`` header names pages of the platform: a shared host, by the scheme and port of PUBLIC_URL."""
    shared = urlsplit(shared_url())
    implied = shared.port is None or (shared.scheme, shared.port) in _IMPLIED_PORTS
    before, after = f"{shared.scheme}://", "" if implied else f":{shared.port}"
    host = origin.removeprefix(before).removesuffix(after)
    return origin == f"{before}{host}{after}" and is_shared_host(host)


def own_host(slug: str) -> str:
    """The host every organization has: ``<slug>.<BASE_DOMAIN>``."""
    return f"{slug}.{settings.ENV.base_domain.lower()}"
