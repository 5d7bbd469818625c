"""Pages of the portal. A domain's address is its slug: the first words of all others are ``RESERVED_SLUGS``."""

from __future__ import annotations

from django.urls import URLPattern, path

from apps.portal.pages import account, catalogue, history, keys, runs, services, sessions
from apps.portal.pages.door import nowhere

app_name = "portal"
urlpatterns: list[URLPattern] = [
    path("", catalogue.home, name="home"),
    path("session/sign-in/", sessions.sign_in, name="sign-in"),
    path("session/sign-out/", sessions.sign_out, name="sign-out"),
    path("account/", account.account, name="account"),
    path("account/password/", account.password, name="account-password"),
    path("account/sessions/<uuid:session_id>/end/", account.end_session, name="session-end"),
    path("account/keys/", keys.keys, name="keys"),
    path("account/keys/<uuid:key_id>/revoke/", keys.revoke, name="key-revoke"),
    path("services/<uuid:service_id>/", services.service, name="service"),
    path("services/<uuid:service_id>/runs/", services.runs, name="service-runs"),
    path("runs/", history.history, name="runs"),
    path("runs/<uuid:run_id>/", runs.run, name="run"),
    path("runs/<uuid:run_id>/cancel/", runs.cancel, name="run-cancel"),
    path("runs/<uuid:run_id>/retry/", runs.retry, name="run-retry"),
    path("runs/<uuid:run_id>/artifacts/<uuid:artifact_id>/", runs.artifact, name="artifact"),
    path("<slug:slug>/", catalogue.domain, name="domain"),
    path("<path:rest>", nowhere, name="nowhere"),
]
