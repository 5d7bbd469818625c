"""Routes of these pages, on every host."""

from __future__ import annotations

from django.urls import URLPattern, path

from apps.accounts.pages import oidc, preview, second_factor, support, views
from apps.accounts.pages.language import language

urlpatterns: list[URLPattern] = [
    path("language", language, name="language"),
    path("preview/stop", preview.stop, name="preview-stop"),
    path("oidc/callback", oidc.callback, name="oidc-callback"),
    path("second-factor", second_factor.overview, name="second-factor"),
    path("second-factor/begin", second_factor.begin, name="second-factor-begin"),
    path("second-factor/confirm", second_factor.confirm, name="second-factor-confirm"),
    path("second-factor/disable", second_factor.disable, name="second-factor-disable"),
    path("second-factor/codes", second_factor.codes, name="second-factor-codes"),
    path("support/enter", support.enter, name="support-enter"),
    path("support/leave", support.leave, name="support-leave"),
    path("support/left", support.left, name="support-left"),
    path("password/forgot", views.ForgotPasswordPage.as_view(), name="password-forgot"),
    path("password/asked", views.asked, name="password-asked"),
    path("password/set", views.SetPasswordPage.as_view(), name="password-set"),
    path("password/done", views.done, name="password-done"),
]
