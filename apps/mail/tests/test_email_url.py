"""EMAIL_URL and MAIL_FROM: what could not send stops the program, without showing the password."""

from __future__ import annotations

import base64
from pathlib import Path
from typing import Any

import pytest
from pydantic import ValidationError

from config.env import Environment
from config.mail import MailServer, mail_server

REST: dict[str, Any] = {
    "secret_key": "s" * 32,
    "database_url": "postgresql://",
    "redis_url": "redis://",
    "jwt_keys": "a:" + base64.b64encode(b"k" * 32).decode(),
}


@pytest.mark.parametrize(
    ("url", "server"),
    [
        ("smtp://mail.example", MailServer("mail.example", 587, "", "", "starttls")),
        ("smtp://u:p%40%2F@mail.example:2525", MailServer("mail.example", 2525, "u", "p@/", "starttls")),
        ("smtp://localhost?starttls=off", MailServer("localhost", 25, "", "", "none")),
        ("smtps://u:p@mail.example", MailServer("mail.example", 465, "u", "p", "tls")),
        ("smtp://[::1]:25?starttls=off", MailServer("::1", 25, "", "", "none")),
        ("outbox:", None),
        ("", None),
    ],
)
def test_it_works(url: str, server: MailServer | None) -> None:
    assert Environment(email_url=url, **REST).email_url == url
    assert mail_server(url) == server


@pytest.mark.parametrize(
    "url",
    [
        "http://u:s3cret@mail.example", "smtp://", "smtp:u:s3cret@mail.example", "smtp://u:s3/cret@mail.example",
        "smtp://u:s3#cret@mail.example", "smtp://u:s3cret@mail.example:99999", "smtp://u:s3cret@mail.example/inbox",
        "smtp://u:s3cret@mail.example?starttls=no", "smtp://u:s3cret@mail.example?tls=on",
        "smtps://u:s3cret@mail.example?starttls=off", "smtp://:s3cret@mail.example", "smtp://u@mail.example",
        "smtp://u:s3cret@[mail", "outbox", "outbox://",
    ],
)  # fmt: skip
def test_nonsense_is_refused_and_not_shown(url: str) -> None:
    with pytest.raises(ValidationError) as raised:
        Environment(email_url=url, **REST)
    assert "email_url" in str(raised.value)
    assert "s3" not in str(raised.value)


def test_a_file_may_hold_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "url").write_text("smtp://u:s3cret@mail.example\n")
    monkeypatch.setenv("EMAIL_URL_FILE", str(tmp_path / "url"))
    monkeypatch.delenv("EMAIL_URL", raising=False)
    assert Environment(**REST).email_url == "smtp://u:s3cret@mail.example"


def test_mails_are_not_kept_in_production() -> None:
    with pytest.raises(ValidationError, match="SECURE_COOKIES"):
        Environment(email_url="outbox:", secure_cookies=True, **REST)


@pytest.mark.parametrize("text", ["", "a@b.example", "Oficina <a@b.example>", '"A, B" <a@b.example>'])
def test_a_sender(text: str) -> None:
    assert Environment(mail_from=text, **REST).mail_from == text


@pytest.mark.parametrize(
    "text", ["a", "a@b.example, c@d.example", "A\n <a@b.example>", "<a@b.example", "A a@b.example", "A <a@b>"]
)
def test_no_sender(text: str) -> None:
    with pytest.raises(ValidationError, match="mail_from"):
        Environment(mail_from=text, **REST)


@pytest.mark.parametrize("url", ["", "http://localhost:8000", "https://oficina.example", "https://oficina.example/"])
def test_a_public_url(url: str) -> None:
    assert Environment(public_url=url, **REST).public_url == url.rstrip("/")


@pytest.mark.parametrize(
    "url", ["oficina.example", "ftp://oficina.example", "https://", "https://oficina.example/x", "https://a@b.example"]
)
def test_no_public_url(url: str) -> None:
    with pytest.raises(ValidationError, match="public_url"):
        Environment(public_url=url, **REST)
