"""Middleware of the kernel, in the order of the settings, outermost first."""

from apps.common.middleware.access import AccessMiddleware
from apps.common.middleware.arrival import ClientAddressMiddleware, OptionalSlashMiddleware, TraceMiddleware
from apps.common.middleware.body import BodyLimitMiddleware
from apps.common.middleware.cors import CorsMiddleware
from apps.common.middleware.headers import SecurityHeadersMiddleware
from apps.common.middleware.programs import ProgramsMiddleware

__all__ = [
    "AccessMiddleware",
    "BodyLimitMiddleware",
    "ClientAddressMiddleware",
    "CorsMiddleware",
    "OptionalSlashMiddleware",
    "ProgramsMiddleware",
    "SecurityHeadersMiddleware",
    "TraceMiddleware",
]
