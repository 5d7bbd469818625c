from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class RobotsConfig(AppConfig):
    name = "apps.robots"
    label = "robots"
    verbose_name = _("Robots")

    def ready(self) -> None:
        from apps.executions.services.orphans import FileKind, file_kinds  # noqa: PLC0415  # needs the models
        from apps.robots import checks  # noqa: F401, PLC0415  # registers them
        from apps.robots.models import RobotVersion  # noqa: PLC0415
        from apps.robots.models.robot import FOLDER  # noqa: PLC0415

        file_kinds.append(FileKind(FOLDER, RobotVersion, dated_by="group"))
