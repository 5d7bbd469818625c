"""The portal's addresses on the host that all organizations share: each asks whose portal is meant."""

from __future__ import annotations

from django.urls import URLPattern, path

from apps.portal.pages.organizations import choose

app_name = "portal"
urlpatterns: list[URLPattern] = [
    path("", choose, name="home"),
    path("<path:rest>", choose, name="elsewhere"),
]
