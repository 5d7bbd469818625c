from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class AccountsConfig(AppConfig):
    name = "apps.accounts"
    label = "accounts"
    verbose_name = _("People")

    def ready(self) -> None:
        from apps.accounts import mails, receivers  # noqa: F401, PLC0415  # both register themselves
