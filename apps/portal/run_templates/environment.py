"""Names of environment variables a service may set: those a run may be given, refused when the service is saved."""

from __future__ import annotations

from apps.common.errors import BadRequest
from apps.portal.forms.errors import Refused
from apps.robots.payloads import names_checked


def check_name(name: str, *, rule: str) -> str:
    """Return the name, or refuse one that is malformed or reserved."""
    try:
        names_checked([name], name=rule)
    except BadRequest as refusal:
        raise Refused(rule, str(refusal.detail)) from refusal
    return name
