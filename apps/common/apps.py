from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class CommonConfig(AppConfig):
    name = "apps.common"
    label = "common"
    verbose_name = _("Behind the scenes")

    def ready(self) -> None:
        from apps.common import checks  # noqa: F401, PLC0415  # registers them
