from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class RobotsConfig(AppConfig):
    name = "apps.robots"
    label = "robots"
    verbose_name = _("Robots")

    def ready(self) -> None:
        from apps.executions.registry import on_renewal, register  # noqa: PLC0415  # needs the models
        from apps.executions.services.orphans import FileKind, file_kinds  # noqa: PLC0415
        from apps.robots import checks  # noqa: F401, PLC0415
        from apps.robots.kind import RobotKind  # noqa: PLC0415
        from apps.robots.models import RobotVersion  # noqa: PLC0415
        from apps.robots.sandbox.guard import trust  # noqa: PLC0415
        from apps.robots.sandbox.spares import spares_sweep  # noqa: PLC0415
        from apps.robots.services.publications import FOLDER  # noqa: PLC0415

        register(RobotKind())
        on_renewal(trust)
        on_renewal(spares_sweep)
        file_kinds.append(FileKind(FOLDER, RobotVersion, dated_by="group"))
