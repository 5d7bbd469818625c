"""What the fields of organizations take, beside what their types say."""

from __future__ import annotations

from urllib.parse import urlsplit

from django.core.exceptions import ValidationError
from django.core.validators import URLValidator
from django.utils.http import url_has_allowed_host_and_scheme
from django.utils.translation import gettext_lazy as _

from apps.common.lines import NOT_A_LINE, is_line
from apps.tenants.calendars import holiday_countries, zone_names

_https = URLValidator(schemes=["https"])


def zone_validate(name: str) -> None:
    """An IANA name, written as there."""
    if name not in zone_names():
        raise ValidationError(_("Unknown time zone: %(name)s"), params={"name": name[:64]})


def country_validate(code: str) -> None:
    """The ISO 3166-1 code, two capitals, of a country whose public holidays are known."""
    if code not in holiday_countries():
        raise ValidationError(_("No holidays are known of a country %(code)s."), params={"code": code[:2]})


def logo_validate(address: str) -> None:
    """An https address without credentials, or a path on the page's own host: it will stand in pages."""
    if address.startswith("/"):
        if not (address.isprintable() and url_has_allowed_host_and_scheme(address, allowed_hosts=None)):
            raise ValidationError(_("This is no path on our own host."))
        return
    _https(address)
    if "@" in urlsplit(address).netloc:
        raise ValidationError(_("An address in pages must hold no credentials."))


def line_validate(text: str) -> None:
    """One line: names and labels stand in pages and in the subjects of mails."""
    if not is_line(text):
        raise ValidationError(NOT_A_LINE)
