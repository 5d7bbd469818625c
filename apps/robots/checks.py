"""System checks: robots must not run in another way than the configuration says."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.core.checks import CheckMessage, Error, Tags, register

from apps.robots.kind.policy import sandbox_policy
from apps.robots.sandbox.available import sandbox_available
from apps.robots.sandbox.policy import SandboxMode

SANDBOX_MISSING = "robots.E001"


def sandbox_errors() -> list[CheckMessage]:
    """What keeps this machine from running robots as configured; workers refuse to start with it."""
    if SandboxMode(settings.ENV.robot_sandbox) is not SandboxMode.REQUIRED:
        return []
    sandbox = sandbox_available(sandbox_policy().state)
    if sandbox.available:
        return []
    return [
        Error(
            f"ROBOT_SANDBOX=required, but {sandbox.reason}.",
            hint="Install bubblewrap, allow user namespaces, or set ROBOT_SANDBOX=auto.",
            id=SANDBOX_MISSING,
        )
    ]


@register(Tags.security, deploy=True)
def check_sandbox(**_: Any) -> list[CheckMessage]:
    """Part of ``check --deploy``: machines that run no robots need no sandbox."""
    return sandbox_errors()
