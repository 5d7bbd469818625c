"""Sending a letter: over SMTP, or in development to the console."""

from __future__ import annotations

import re
from email.utils import parseaddr
from smtplib import SMTPDataError, SMTPException, SMTPRecipientsRefused, SMTPResponseException
from typing import Any
from uuid import UUID

from django.conf import settings
from django.core.mail import EmailMultiAlternatives

from apps.mail.errors import MailPostponed, MailRefused, MailServerAway
from apps.mail.letters import Letter

_PERMANENT = 500  # RFC 5321: 4xx may be tried again, 5xx not
_ENHANCED = re.compile(rb"\d\.\d{1,3}\.\d{1,3}\b")


def send(letter: Letter, *, mail_id: UUID) -> None:
    """Hands a letter to the server; the same mail has the same ``Message-ID``, however often it is tried.

    Raises ``MailRefused`` (for good), ``MailPostponed`` (this mail, for now), ``MailServerAway`` (any mail, for now).
    """
    message = EmailMultiAlternatives(letter.subject, letter.text, to=[letter.to], headers=_headers(mail_id))
    if settings.MAIL_DELIVERY == "server":
        message.attach_alternative(letter.html, "text/html")
    try:
        sent = message.send()
    except SMTPRecipientsRefused as error:
        code, text = next(iter(error.recipients.values()))
        raise _about_this_mail(code, text) from None
    except SMTPDataError as error:
        raise _about_this_mail(error.smtp_code, error.smtp_error) from None
    except SMTPResponseException as error:
        raise MailServerAway(_named(type(error).__name__, error.smtp_code, error.smtp_error)) from None
    except (SMTPException, OSError) as error:
        raise MailServerAway(type(error).__name__) from None
    except ValueError as error:  # an address or a header that no mail can have
        raise MailRefused(type(error).__name__) from None
    if not sent:
        raise MailRefused("no recipient")


def _headers(mail_id: UUID) -> dict[str, str]:
    domain = parseaddr(settings.DEFAULT_FROM_EMAIL)[1].rpartition("@")[2]
    return {
        "Message-ID": f"<{mail_id}@{domain}>",
        "Auto-Submitted": "auto-generated",  # RFC 3834: no answers of machines, please
        "X-Auto-Response-Suppress": "All",
    }


def _about_this_mail(code: int, text: Any) -> MailRefused | MailPostponed:
    kind = MailRefused if code >= _PERMANENT else MailPostponed
    return kind(_named("SMTP", code, text))


def _named(what: str, code: int, text: Any) -> str:
    """An error by its codes alone: servers like to quote the mail, and there are secrets in mails."""
    found = _ENHANCED.search(text if isinstance(text, bytes) else str(text).encode())
    return f"{what} {code} {found.group().decode()}" if found else f"{what} {code}"
