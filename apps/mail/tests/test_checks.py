"""``check --deploy`` says where mails would go wrong."""

from __future__ import annotations

from typing import Any

import pytest

from apps.mail.checks import check_mail


@pytest.mark.parametrize(
    ("values", "expected"),
    [
        ({}, []),
        ({"MAIL_DELIVERY": "off"}, ["mail.W001"]),
        ({"MAIL_DELIVERY": "outbox"}, ["mail.E002"]),
        ({"EMAIL_HOST_PASSWORD": "secret", "EMAIL_USE_TLS": True}, []),
        ({"EMAIL_HOST_PASSWORD": "secret", "EMAIL_USE_SSL": True}, []),
        ({"EMAIL_HOST_PASSWORD": "secret"}, ["mail.E003"]),
        ({"PUBLIC_URL": ""}, ["mail.W004"]),
    ],
)
def test_it_works(settings: Any, values: dict[str, Any], expected: list[str]) -> None:
    settings.MAIL_DELIVERY = "server"
    public_url = values.pop("PUBLIC_URL", "https://oficina.example")
    settings.ENV = settings.ENV.model_copy(update={"public_url": public_url})
    for name, value in values.items():
        setattr(settings, name, value)
    assert [message.id for message in check_mail()] == expected
