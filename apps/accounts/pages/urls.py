"""Routes of these pages, on every host."""

from __future__ import annotations

from django.urls import URLPattern, path

from apps.accounts.pages import oidc, views
from apps.accounts.pages.language import language

urlpatterns: list[URLPattern] = [
    path("language", language, name="language"),
    path("oidc/callback", oidc.callback, name="oidc-callback"),
    path("password/forgot", views.ForgotPasswordPage.as_view(), name="password-forgot"),
    path("password/asked", views.asked, name="password-asked"),
    path("password/set", views.SetPasswordPage.as_view(), name="password-set"),
    path("password/done", views.done, name="password-done"),
]
