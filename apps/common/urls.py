"""Routes at the root: health, metrics, API documents."""

from __future__ import annotations

from django.urls import URLPattern

urlpatterns: list[URLPattern] = []
