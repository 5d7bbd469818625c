"""Specimens of accounts: people, what keeps them signed in, and rights on single objects."""

from __future__ import annotations

from base64 import b32decode
from datetime import timedelta
from typing import Any

from django_otp.oath import TOTP

from apps.accounts.models import LinkPurpose, OidcSettings
from apps.accounts.payloads import Client
from apps.accounts.services.api_keys import api_key_create
from apps.accounts.services.grants import grant_add, tag_grant_add
from apps.accounts.services.groups import group_create
from apps.accounts.services.organizations import organization_settings_update
from apps.accounts.services.password_links import password_link_issue
from apps.accounts.services.second_factors import second_factor_begin, second_factor_confirm
from apps.accounts.services.sessions import session_start, tokens_issue
from apps.accounts.services.socket_tickets import socket_ticket_create
from apps.accounts.services.users import user_create
from apps.common.ids import uuid7
from apps.isolation.staging.furnishing import Furnishing
from apps.portal.models import Domain
from apps.portal.models.domain import DOMAIN_ACTIONS
from apps.robots.models import Robot
from apps.robots.models.robot import ROBOT_ACTIONS
from apps.tenants.context import public_context
from apps.tenants.models import DEFAULT_LABELS, SupportGrant

CAST = {
    "owner": "org_admin",
    "deputy": "org_admin",
    "viewer": "viewer",
    "guest": "maintainer",
    "teammate": "viewer",
}
"""The deputy is there so that grants may narrow the owner. The guest holds much by role, and by grants all of it for
one robot and one domain alone; the teammate only receives grants."""


def furnish(into: Furnishing) -> None:
    """The cast, and for its owner a session with a refresh token, a key and a ticket that nobody uses."""
    shelf = into.shown
    for name, role in CAST.items():
        into.people[name] = user_create(
            actor=into.system(),
            email=into.address(name),
            name=shelf.text(name),
            role=role,
            password=None if into.disposable and name == "teammate" else into.password,  # who has none is invited
            username=f"{name}-{shelf.word}",
            phone=f"+55 {shelf.word}",
            department=shelf.text("Department"),
            now=into.now,
        )
    owner = into.people["owner"]
    client = Client(ip="127.0.0.1", device=shelf.text("Browser"))
    session = session_start(user=owner, schema=into.schema, client=client, now=into.now)
    tokens_issue(session=session, user=owner, organization=into.organization, now=into.now)
    actor = into.actor("owner", session_id=str(session.pk))
    key, _secret = api_key_create(actor=actor, name=shelf.text("Key"), permissions=["robot.read"], now=into.now)
    socket_ticket_create(actor=actor, now=into.now + timedelta(minutes=5))
    link = password_link_issue(actor=into.system(), user_id=owner.pk, purpose=LinkPurpose.RESET, now=into.now)
    if link is None:
        raise AssertionError("whoever has a password can be given another")
    shelf.named |= {
        "link_token": link[1],
        "user_id": str(owner.pk),
        "session_id": str(session.pk),
        "key_id": str(key.pk),
        "email": owner.email,
        "triggered_by": owner.email,
    }
    _second_factor(into)
    _support(into)
    _issuer(into)
    organization_settings_update(
        actor=actor,
        changes={
            "business_type": shelf.pool,
            "custom_labels": {next(iter(DEFAULT_LABELS)): shelf.pool},
            "holidays": [{"date": into.now.date(), "name": shelf.pool}],
        },
        now=into.now,
    )


def _support(into: Furnishing) -> None:
    """Access of the platform's support, in the platform's words.

    Written here, for asking would leave a line in the platform's ledger.
    """
    with public_context():
        grant = SupportGrant.objects.create(
            organization=into.organization,
            person_id=uuid7(),
            person="support",
            ended_by=into.shown.text("Ended by"),
            reason="A proof of isolation",
            created_at=into.now,
            expires_at=into.now + timedelta(minutes=30),
        )
    into.shown.named["support_grant_id"] = str(grant.pk)


def _issuer(into: Furnishing) -> None:
    """Whom its browsers are sent to, which everybody may see; the rest of it is nobody else's."""
    word = into.shown.word
    OidcSettings.objects.create(
        issuer="https://issuer.isolation.example",
        authorization_endpoint="https://issuer.isolation.example/authorize",
        client_id="oficina",
        audience=word,
        role_claim=word,
        role_mapping={word: "viewer"},
        allowed_domains=[f"{word}.example"],
        token_endpoint=f"https://issuer.isolation.example/{word}",
        jwks_uri=f"https://issuer.isolation.example/{word}",
        keys=[{"kid": word}],
        keys_fetched_at=into.now,
    )


def _second_factor(into: Furnishing) -> None:
    """The viewer's device, with its recovery codes."""
    user, client = into.people["viewer"], Client(ip="127.0.0.1")
    session = session_start(user=user, schema=into.schema, client=client, now=into.now)
    actor = into.actor("viewer", session_id=str(session.pk))
    enrolment = second_factor_begin(actor=actor, password=into.password, client=client, now=into.now)
    device = TOTP(b32decode(enrolment.secret))
    device.time = into.now.timestamp()
    second_factor_confirm(actor=actor, code=f"{device.token():06}", now=into.now)


def furnish_rights(into: Furnishing) -> None:
    """What the guest may see, and a grant of every sort for others."""
    actor, now = into.actor("owner"), into.now
    robot = Robot.objects.get(pk=into.shown.named["robot_id"])
    domain = Domain.objects.get(pk=into.shown.named["domain_id"])
    for resource, actions in ((robot, ROBOT_ACTIONS), (domain, DOMAIN_ACTIONS)):
        for action in actions:
            grant_add(actor=actor, action=action, holder=into.people["guest"], resource=resource, now=now)
    everybody = group_create(actor=actor, name=into.shown.text("Group"), now=now)
    grant_add(actor=actor, action="robot.run", holder=everybody.group, resource=robot, now=now)
    into.shown.named["group_id"] = str(everybody.pk)
    tag_grant_add(
        actor=actor,
        action="robot.run",
        holder=into.people["teammate"],
        model=Robot,
        scope_tag=into.shown.named["tag"],
        now=now,
    )
    _furnish_owner(into, robot)


def _furnish_owner(into: Furnishing, robot: Robot) -> None:
    """A grant that its owner may take back, for a second one narrows the role as much."""
    cancel: dict[str, Any] = {"actor": into.system(), "action": "run.cancel", "holder": into.people["owner"]}
    grant = grant_add(**cancel, resource=robot, now=into.now)
    tag_grant_add(**cancel, model=Robot, scope_tag=into.shown.named["tag"], now=into.now)
    into.shown.named |= {"grant_id": str(grant.pk), "resource_id": str(robot.pk)}
