"""Base of the platform's own pages."""

from __future__ import annotations

from apps.common.admin import ServiceAdmin


class PlatformAdmin(ServiceAdmin):
    read_action = "platform.manage"
    write_action = "platform.manage"
