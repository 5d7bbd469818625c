from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class MailConfig(AppConfig):
    name = "apps.mail"
    label = "mail"
    verbose_name = _("Queue and workers")

    def ready(self) -> None:
        from apps.mail import checks, health  # noqa: F401, PLC0415  # both register themselves
