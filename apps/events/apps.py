from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class EventsConfig(AppConfig):
    name = "apps.events"
    label = "events"
    verbose_name = _("Ledger")

    def ready(self) -> None:
        from apps.events.services import note_change_of_organization  # noqa: PLC0415
        from apps.tenants.signals import organization_changed  # noqa: PLC0415

        organization_changed.connect(note_change_of_organization)
