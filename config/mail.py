"""Where mail goes: ``EMAIL_URL`` and ``MAIL_FROM``, read once and refused where they make no sense."""

from __future__ import annotations

from dataclasses import dataclass, field
from email.utils import parseaddr
from typing import Literal
from urllib.parse import SplitResult, parse_qs, unquote, urlsplit

from django.core.exceptions import ValidationError
from django.core.validators import EmailValidator

OUTBOX = "outbox:"
"""Mails are printed and kept for the platform's back-office instead of sent: for development."""

Encryption = Literal["starttls", "tls", "none"]
_PORTS: dict[Encryption, int] = {"starttls": 587, "tls": 465, "none": 25}


@dataclass(frozen=True, slots=True)
class MailServer:
    """An SMTP server and how to talk to it; without a user it is used without signing in."""

    host: str
    port: int
    user: str
    password: str = field(repr=False)
    encryption: Encryption


def mail_server(url: str) -> MailServer | None:
    """The server of ``smtp://`` (STARTTLS, unless ``?starttls=off``) or ``smtps://``; None where none is named.

    Raises ``ValueError``, without the address, which may hold a password.
    """
    if url in {"", OUTBOX}:
        return None
    parts, port = _split(url)
    if parts.scheme not in {"smtp", "smtps"} or not parts.hostname:
        raise ValueError("not smtp://host, smtps://host or outbox:")
    if parts.path.strip("/") or parts.fragment:
        raise ValueError("nothing but options may follow the host; write %2F and %23 in passwords")
    encryption = _encryption(parts.scheme, parts.query)
    user, password = unquote(parts.username or ""), unquote(parts.password or "")
    if bool(user) != bool(password):
        raise ValueError("user and password come together")
    return MailServer(parts.hostname, port or _PORTS[encryption], user, password, encryption)


def _split(url: str) -> tuple[SplitResult, int | None]:
    """The parts of an address; what the library says of a bad one would quote it."""
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError:
        raise ValueError("not an address; write %2F, %40 and %23 for / @ # in passwords") from None
    return parts, port


def _encryption(scheme: str, query: str) -> Encryption:
    options = parse_qs(query, keep_blank_values=True)
    wanted = options.pop("starttls", ["on"])
    if options or wanted not in (["on"], ["off"]) or (scheme == "smtps" and query):
        raise ValueError("the only option is starttls=off, of smtp://")
    if scheme == "smtps":
        return "tls"
    return "starttls" if wanted == ["on"] else "none"


def sender(text: str) -> str:
    """A sender as it was given: ``address`` or ``Name <address>``. Raises ``ValueError`` for anything else."""
    name, address = parseaddr(text)
    try:
        EmailValidator()(address)
    except ValidationError as error:
        raise ValueError("not an address, nor Name <address>") from error
    if not text.isprintable() or text not in {address, f"{name} <{address}>", f'"{name}" <{address}>'}:
        raise ValueError("not an address, nor Name <address>")
    return text
