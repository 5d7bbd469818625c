from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class DispatchConfig(AppConfig):
    name = "apps.dispatch"
    label = "dispatch"
    verbose_name = _("Queue and workers")

    def ready(self) -> None:
        from apps.common.metrics import collector_add  # noqa: PLC0415
        from apps.dispatch import health  # noqa: F401, PLC0415  # registers a probe
        from apps.dispatch.metrics import DispatchCollector  # noqa: PLC0415  # needs the models

        collector_add(DispatchCollector())
