"""Handing letters to a real server: what it takes, refuses, puts off, and that it must prove who it is."""

from __future__ import annotations

import socket
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest

from apps.mail.errors import MailPostponed, MailRefused, MailServerAway
from apps.mail.letters import Letter
from apps.mail.tests.smtp import PASSWORD, USER, Server, certificate, serving
from apps.mail.transport import send
from config.mail import mail_server

LETTER = Letter("ana@acme.example", "Convite à Acme", "Olá, é aqui: https://acme.example/?token=ofp_x\n", "<p>Olá</p>")
MAIL_ID = UUID(int=7)


@pytest.fixture
def configured(settings: Any) -> Any:
    """Sets what :mod:`config.settings` makes of an ``EMAIL_URL``."""

    def configure(url: str) -> None:
        server = mail_server(url)
        assert server is not None
        settings.MAIL_DELIVERY = "server"
        settings.EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
        settings.EMAIL_TIMEOUT = 5
        settings.DEFAULT_FROM_EMAIL = "Oficina <no-reply@oficina.example>"
        settings.EMAIL_HOST, settings.EMAIL_PORT = server.host, server.port
        settings.EMAIL_HOST_USER, settings.EMAIL_HOST_PASSWORD = server.user, server.password
        settings.EMAIL_USE_TLS, settings.EMAIL_USE_SSL = server.encryption == "starttls", server.encryption == "tls"

    return configure


@pytest.fixture
def relay(configured: Any) -> Any:
    """A server on this machine, without encryption."""
    with serving() as server:
        configured(f"smtp://127.0.0.1:{server.port}?starttls=off")
        yield server


def test_it_works(relay: Server) -> None:
    send(LETTER, mail_id=MAIL_ID)
    [mail] = relay.mails
    assert (mail["To"], mail["From"]) == ("ana@acme.example", "Oficina <no-reply@oficina.example>")
    assert (mail["Subject"], mail["Message-ID"]) == ("Convite à Acme", f"<{MAIL_ID}@oficina.example>")
    assert mail["Auto-Submitted"] == "auto-generated"
    text, html = mail.iter_parts()
    assert (text.get_content_type(), html.get_content_type()) == ("text/plain", "text/html")
    assert "Olá, é aqui: https://acme.example/?token=ofp_x" in text.get_content()


@pytest.mark.parametrize(
    ("answer", "error", "said"),
    [
        ("550 5.1.1 no such user, see token=ofp_x", MailRefused, "SMTP 550 5.1.1"),
        ("554 rejected", MailRefused, "SMTP 554"),
        ("451 4.7.1 greylisted", MailPostponed, "SMTP 451 4.7.1"),
    ],
)
@pytest.mark.parametrize("stage", ["on_recipient", "on_data"])
def test_what_it_refuses_is_told_by_codes_alone(
    relay: Server, stage: str, answer: str, error: type[Exception], said: str
) -> None:
    setattr(relay, stage, answer)
    with pytest.raises(error) as raised:
        send(LETTER, mail_id=MAIL_ID)
    assert str(raised.value) == said
    assert relay.mails == []


@pytest.mark.parametrize("to", ["ana@acme.example\nBcc: all@acme.example", ""])
def test_an_address_that_is_none_is_refused(relay: Server, to: str) -> None:
    with pytest.raises(MailRefused):
        send(Letter(to, "Subject", "text", "html"), mail_id=MAIL_ID)
    assert relay.mails == []


def test_a_server_that_is_not_there_is_away(configured: Any) -> None:
    with socket.socket() as unused:
        unused.bind(("127.0.0.1", 0))
        configured(f"smtp://127.0.0.1:{unused.getsockname()[1]}?starttls=off")
        with pytest.raises(MailServerAway):
            send(LETTER, mail_id=MAIL_ID)


def test_starttls_is_demanded(configured: Any) -> None:
    with serving() as server:
        configured(f"smtp://127.0.0.1:{server.port}")
        with pytest.raises(MailServerAway):
            send(LETTER, mail_id=MAIL_ID)
    assert server.mails == []


class TestEncrypted:
    @pytest.fixture
    def server(self, tmp_path: Path, configured: Any, monkeypatch: pytest.MonkeyPatch) -> Any:
        """One that signs users in, over STARTTLS, with a certificate we trust."""
        tls, trusted = certificate(tmp_path)
        monkeypatch.setenv("SSL_CERT_FILE", str(trusted))
        with serving(tls=tls, auth=True) as server:
            configured(f"smtp://{USER}:{PASSWORD.replace('@', '%40').replace('/', '%2F')}@127.0.0.1:{server.port}")
            yield server

    def test_it_works(self, server: Server) -> None:
        send(LETTER, mail_id=MAIL_ID)
        assert (len(server.mails), server.signed_in, server.encrypted) == (1, [True], [True])

    def test_a_wrong_password_waits_for_a_better_one(self, server: Server, settings: Any) -> None:
        settings.EMAIL_HOST_PASSWORD = "wrong"
        with pytest.raises(MailServerAway, match=r"SMTPAuthenticationError 535 5\.7\.8"):
            send(LETTER, mail_id=MAIL_ID)

    def test_a_server_that_cannot_prove_who_it_is_gets_nothing(
        self, server: Server, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.delenv("SSL_CERT_FILE")
        with pytest.raises(MailServerAway, match="SSLCertVerificationError"):
            send(LETTER, mail_id=MAIL_ID)
        assert server.mails == []
