from django.apps import AppConfig


class RobotsConfig(AppConfig):
    name = "apps.robots"
    label = "robots"
