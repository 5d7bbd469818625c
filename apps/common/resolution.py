"""Addresses of a host name, in bounded time: the system's own function waits for name servers as long as they like."""

from __future__ import annotations

import queue
import socket
import threading
import time
from ipaddress import ip_address

from apps.common.errors import TooManyRequests
from apps.common.turns import Turns

_turns = Turns(16, lasting=8)


def addresses_of(host: str, port: int, *, seconds: float) -> list[str]:
    """All addresses that a name has, each once; an address is its own.

    Raises ``TimeoutError`` where they are not known within ``seconds``, ``OSError`` or ``UnicodeError`` where there are
    none, ``TooManyRequests`` where nobody could be asked within ``seconds``. Who gives up leaves a thread behind, which
    ends when the system does; there are 16 of them at most.
    """
    if _is_address(host):
        return _looked_up(host, port)
    deadline = time.monotonic() + seconds
    _turns.take(seconds=seconds)
    answers: queue.SimpleQueue[list[str] | OSError | UnicodeError] = queue.SimpleQueue()

    def look() -> None:
        try:
            answers.put(_looked_up(host, port))
        except (OSError, UnicodeError) as error:
            answers.put(error)
        finally:
            _turns.give_back()

    try:
        threading.Thread(target=look, name="resolution", daemon=True).start()
    except RuntimeError as error:  # the system gives no more threads
        _turns.give_back()
        raise TooManyRequests from error
    try:
        told = answers.get(timeout=max(deadline - time.monotonic(), 0))
    except queue.Empty:
        raise TimeoutError from None
    if not isinstance(told, list):
        raise told
    return told


def _is_address(host: str) -> bool:
    try:
        ip_address(host.partition("%")[0])
    except ValueError:
        return False
    return True


def _looked_up(host: str, port: int) -> list[str]:
    found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    return list(dict.fromkeys(str(entry[4][0]) for entry in found))
