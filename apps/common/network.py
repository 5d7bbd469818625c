"""The address a request comes from, believed only as far as the trusted proxies reach."""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address, ip_network

_REMEMBERED, _LONGEST = 1024, 200


@lru_cache(maxsize=8)
def _networks(trusted: tuple[str, ...]) -> tuple[IPv4Network | IPv6Network, ...]:
    return tuple(ip_network(entry, strict=False) for entry in trusted)


def _read(text: str | None) -> IPv4Address | IPv6Address | None:
    """As servers and proxies write it: with a port or without, with a zone, an address of IPv4 in the form of IPv6."""
    host = text or ""
    if host.startswith("["):
        host = host[1:].partition("]")[0]
    elif host.count(":") == 1:
        host = host.partition(":")[0]
    try:
        found = ip_address(host.partition("%")[0])
    except ValueError:
        return None
    return getattr(found, "ipv4_mapped", None) or found


def _trusted(address: IPv4Address | IPv6Address, trusted: tuple[str, ...]) -> bool:
    return any(address in network for network in _networks(trusted))


def client_address(peer: str | None, forwarded_for: str | None, trusted: Sequence[str]) -> str | None:
    """Walks ``X-Forwarded-For`` from its right end, as long as each hop is a trusted proxy.

    The first address that is not one of ours is the client; what stands left of it anybody may have written.
    Very long headers are not remembered.
    """
    find = _known_client_address if len(forwarded_for or "") <= _LONGEST else _client_address
    return find(peer, forwarded_for, tuple(trusted))


def _client_address(peer: str | None, forwarded_for: str | None, networks: tuple[str, ...]) -> str | None:
    nearest = client = _read(peer)
    for hop in reversed([part.strip() for part in (forwarded_for or "").split(",") if part.strip()]):
        if client is None or not _trusted(client, networks):
            break
        client = _read(hop)
    found = client or nearest
    return str(found) if found else None


_known_client_address = lru_cache(maxsize=_REMEMBERED)(_client_address)


def neighbourhood(address: str | None) -> str:
    """What an address is counted by: itself, or its /64 network for IPv6, where anybody has billions of addresses."""
    if address is None:
        return "unknown"
    parsed = _read(address)
    return str(ip_network((parsed, 64), strict=False)) if isinstance(parsed, IPv6Address) else str(parsed or address)
