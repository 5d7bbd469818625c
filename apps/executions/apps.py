from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class ExecutionsConfig(AppConfig):
    name = "apps.executions"
    label = "executions"
    verbose_name = _("Runs")

    def ready(self) -> None:
        from apps.executions import receivers  # noqa: F401, PLC0415  # it registers itself
