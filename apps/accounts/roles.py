"""The built-in roles and what they may do: the table of the wire's conventions, as data."""

from __future__ import annotations

from django.utils.translation import gettext_noop

VIEWER = frozenset(
    {
        "service.read",
        "robot.read",
        "run.read",
        "artifact.download",
        "team.read",
        "flow.read",
        "contact.read",
        "inventory.read",
        "resource.read",
        "booking.read",
        "workflow.read",
        "secret.list",
    }
)
AGENT = VIEWER | {"message.send", "contact.write", "booking.create", "workflow.request"}
OPERATOR = VIEWER | {
    "service.run",
    "robot.run",
    "run.cancel",
    "team.run",
    "automation.run",
    "booking.manage",
    "inventory.write",
    "workflow.request",
}
MAINTAINER = OPERATOR | {
    "robot.publish",
    "team.manage",
    "flow.manage",
    "inventory.manage",
    "resource.manage",
    "workflow.approve",
}
ADMIN_ONLY = frozenset(
    {
        "service.manage",
        "admin.manage",
        "secret.manage",
        "secret.reveal",
        "workflow.manage",
        "settings.manage",
        "webhook.manage",
        "audit.read",
    }
)
ORGANIZATION_ACTIONS = frozenset({"admin.manage", "audit.read", "settings.manage", "platform.manage"})
"""About the organization or the platform as a whole: nobody has them for single objects, so no grant gives them."""
ORG_ADMIN = MAINTAINER | AGENT | ADMIN_ONLY
PLATFORM_ADMIN = frozenset({"platform.manage", "admin.manage", "audit.read", "settings.manage"})
SUPPORT = ORG_ADMIN - {"secret.manage", "secret.reveal", "webhook.manage"}
"""What support of the platform may while it is let in: no secrets, and nothing that carries data away by itself. Who
belongs to the organization, and what they may, it reads and does not change: see ``permissions.require_insider``."""

ORG_ADMIN_SLUG = "org_admin"
SUPER_ADMIN_SLUG = "super_admin"
ROLES: dict[str, frozenset[str]] = {
    ORG_ADMIN_SLUG: ORG_ADMIN,
    "maintainer": MAINTAINER,
    "operator": OPERATOR,
    "agent": AGENT,
    "viewer": VIEWER,
}
PLATFORM_ROLES: dict[str, frozenset[str]] = {SUPER_ADMIN_SLUG: PLATFORM_ADMIN}
NAMES = {
    ORG_ADMIN_SLUG: gettext_noop("Org admin"),
    "maintainer": gettext_noop("Maintainer"),
    "operator": gettext_noop("Operator"),
    "agent": gettext_noop("Agent"),
    "viewer": gettext_noop("Viewer"),
    SUPER_ADMIN_SLUG: gettext_noop("Super admin"),
}
"""What built-in roles are called where they are stored; pages say it in the reader's language."""
ALIASES = {"admin": ORG_ADMIN_SLUG}
ACTIONS = ORG_ADMIN | PLATFORM_ADMIN


def canonical_role(name: str) -> str:
    """The slug of a role by any spelling the documents use: ``Admin``, ``admin`` → ``org_admin``."""
    slug = name.strip().lower()
    return ALIASES.get(slug, slug)
