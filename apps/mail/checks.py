"""System checks of how mail leaves; run by ``manage.py check --deploy``."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.core.checks import CheckMessage, Error, Tags, Warning, register  # noqa: A004  # Django's own name


@register(Tags.security, deploy=True)
def check_mail(**_: Any) -> list[CheckMessage]:
    """Mails that nobody gets, or that too many can read."""
    found: list[CheckMessage] = []
    if settings.MAIL_DELIVERY == "off":
        hint = "EMAIL_URL=smtp://user:password@host:587"
        found.append(Warning("No mail server: invitations and new passwords wait.", hint=hint, id="mail.W001"))
    if settings.MAIL_DELIVERY == "outbox":
        hint = "Mails let in whoever reads them. EMAIL_URL=smtp://user:password@host:587"
        found.append(Error("Mails are printed and kept instead of sent.", hint=hint, id="mail.E002"))
    if settings.EMAIL_HOST_PASSWORD and not (settings.EMAIL_USE_TLS or settings.EMAIL_USE_SSL):
        hint = "Leave ?starttls=off out of EMAIL_URL."
        found.append(Error("The mail server's password goes over the wire in clear.", hint=hint, id="mail.E003"))
    if not settings.ENV.public_url:
        hint = "PUBLIC_URL=https://…, as browsers reach the shared host."
        found.append(Warning("Links in mails are guessed from BASE_DOMAIN.", hint=hint, id="mail.W004"))
    return found
