from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class PortalConfig(AppConfig):
    name = "apps.portal"
    label = "portal"
    verbose_name = _("Portal")

    def ready(self) -> None:
        from apps.portal.selectors.services import services_using  # noqa: PLC0415  # needs the models
        from apps.robots.uses import robot_use_checks  # noqa: PLC0415  # needs the models

        robot_use_checks.append(services_using)
