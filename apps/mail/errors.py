"""What can go wrong with a mail; only what is permanent is not tried again."""

from __future__ import annotations

from django.utils.translation import gettext_lazy as _

from apps.common.errors import BadRequest, Unavailable


class MailRefused(BadRequest):
    code = "mail_refused"
    message = _("The mail server does not take this mail.")


class MailPostponed(Unavailable):
    code = "mail_postponed"
    message = _("The mail server does not take this mail now.")


class MailServerAway(Unavailable):
    code = "mail_server_unavailable"
    message = _("The mail server does not answer.")
