from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class TenantsConfig(AppConfig):
    name = "apps.tenants"
    label = "tenants"
    verbose_name = _("Organizations")

    def ready(self) -> None:
        from apps.tenants import checks, health, receivers  # noqa: F401, PLC0415
        from apps.tenants.guard import guard_third_parties  # noqa: PLC0415

        guard_third_parties()
