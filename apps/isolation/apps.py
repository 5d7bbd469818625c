from django.apps import AppConfig


class IsolationConfig(AppConfig):
    name = "apps.isolation"
    label = "isolation"

    def ready(self) -> None:
        from config.memory import garbage_from_here  # noqa: PLC0415

        garbage_from_here()  # as the last app: all others are there
