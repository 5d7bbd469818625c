"""Pages and probes at the root: landing, theme, health, readiness, metrics."""

from __future__ import annotations

import hmac
from functools import cache
from http import HTTPStatus
from ipaddress import ip_address
from pathlib import Path

from django.conf import settings
from django.db import DatabaseError
from django.http import Http404, HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import render
from django.utils import timezone
from django.utils.module_loading import import_string
from django.views.decorators.http import require_safe
from prometheus_client import CONTENT_TYPE_LATEST

from apps.common import health as state
from apps.common.api.areas import AREAS
from apps.common.api.responses import error_response
from apps.common.colors import accent_css, color_of
from apps.common.errors import ApplicationError, Unauthorized
from apps.common.metrics import exposition


@require_safe
def landing(request: HttpRequest) -> HttpResponse:
    """Links to everything that runs here."""
    return render(request, "common/landing.html", {"areas": AREAS, "version": settings.VERSION})


@require_safe
def theme(request: HttpRequest, color: str) -> HttpResponse:
    """A colour as the accent of pages, at readable contrasts. The address says it all, so browsers keep it."""
    accent = color_of(color)
    if accent is None:
        raise Http404
    headers = {"Cache-Control": "public, max-age=604800, immutable"}
    return HttpResponse(accent_css(accent), content_type="text/css; charset=utf-8", headers=headers)


@require_safe
def favicon(request: HttpRequest) -> HttpResponse:
    """The icon where programs look for it that read no page."""
    return HttpResponse(_favicon(), content_type="image/x-icon", headers={"Cache-Control": "public, max-age=604800"})


@require_safe
def health(request: HttpRequest) -> HttpResponse:
    """Alive: touches no dependency."""
    now = timezone.now().isoformat()
    return JsonResponse({"status": "ok", "version": settings.VERSION, "timestamp": now})


@require_safe
def ready(request: HttpRequest) -> HttpResponse:
    """200 when database, Redis and migrations are in place, else 503 with what is missing."""
    missing = sorted(state.missing())
    if missing:
        return JsonResponse({"status": "unavailable", "missing": missing}, status=HTTPStatus.SERVICE_UNAVAILABLE)
    return JsonResponse({"status": "ok"})


@require_safe
def health_services(request: HttpRequest) -> HttpResponse:
    """How each service is; error texts only for those who hold a valid token. 503 when the database is down."""
    found = state.services(with_errors=_signed_in(request))
    status = HTTPStatus.SERVICE_UNAVAILABLE if found["status"] == state.DOWN else HTTPStatus.OK
    return JsonResponse(found, status=status)


@require_safe
def status(request: HttpRequest) -> HttpResponse:
    """The same for people, and like there no error texts. 503 when the database is down."""
    found = state.services(with_errors=False)
    services = [{"title": state.title_of(name), **entry} for name, entry in found["services"].items()]
    code = HTTPStatus.SERVICE_UNAVAILABLE if found["status"] == state.DOWN else HTTPStatus.OK
    context = {"overall": found["status"], "services": services, "now": timezone.now()}
    response = render(request, "common/status.html", context, status=code)
    response.headers["Cache-Control"] = "no-store"
    return response


@require_safe
def metrics(request: HttpRequest) -> HttpResponse:
    """Prometheus' text format, for the holder of METRICS_TOKEN or, where none is set, for loopback."""
    if not _may_read_metrics(request):
        return error_response(Unauthorized())
    return HttpResponse(exposition(), content_type=CONTENT_TYPE_LATEST)


@cache
def _favicon() -> bytes:
    return (Path(__file__).parent / "static/common/favicon.ico").read_bytes()


def _signed_in(request: HttpRequest) -> bool:
    """Whether a valid access token came along; it needs no organization, which would need the database."""
    if not request.headers.get("Authorization", "").lower().startswith("bearer "):
        return False  # without a token a key would do, of which only the organization is read here
    try:
        return import_string(settings.ORGANIZATION_FROM_CREDENTIALS)(request) is not None
    except (ApplicationError, DatabaseError):
        return False


def _may_read_metrics(request: HttpRequest) -> bool:
    token = settings.ENV.metrics_token
    if token:
        given = request.headers.get("Authorization", "").removeprefix("Bearer ")
        return hmac.compare_digest(given.encode(), token.encode())
    address = request.client_ip  # type: ignore[attr-defined]
    proxied = "X-Forwarded-For" in request.headers  # a proxy on this machine makes everybody look local
    return address is not None and ip_address(address).is_loopback and not proxied
