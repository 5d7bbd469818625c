"""One of the two organizations, with all that the cases need to know of it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

from django.apps import apps

from apps.accounts.tenancy import mark_of
from apps.isolation.secrecy import Secrets
from apps.isolation.staging.credentials import Known
from apps.isolation.staging.furnishing import Furnishing
from apps.isolation.staging.rest import TenantModelClass, tenant_models
from apps.tenants.context import public_context
from apps.tenants.hosts import own_host
from apps.tenants.models import Domain, Organization
from apps.tenants.routers import lives_in_schemas


@dataclass(frozen=True, slots=True)
class Used:
    """A request that the organization has sent under an ``Idempotency-Key``, and what was answered."""

    key: str
    body: bytes
    content_type: str


@dataclass(frozen=True, slots=True)
class Past:
    """What its owner has asked before, by the templates of the routes."""

    tags: dict[str, str] = field(default_factory=dict)
    """Entity tags that were given."""
    used: dict[str, Used] = field(default_factory=dict)
    """What was sent with an ``Idempotency-Key``."""


@dataclass(frozen=True, slots=True)
class Side:
    """A furnished organization. ``named`` speaks of its objects as addresses and bodies do."""

    organization: Organization
    furnishing: Furnishing
    owner: Known
    viewer: Known
    guest: Known
    rows: dict[TenantModelClass, list[str]]
    shared_rows: dict[TenantModelClass, list[str]]
    """Its rows in the shared tables."""
    secrets: Secrets
    hidden: Secrets
    """What the guest of the organization itself must not see."""
    past: Past

    @property
    def schema(self) -> str:
        return str(self.organization.schema_name)

    @property
    def host(self) -> str:
        return own_host(self.organization.slug)

    @property
    def named(self) -> dict[str, str]:
        return self.furnishing.shown.named

    @property
    def half_word(self) -> str:
        """Enough of its word to find its texts by, and not so much that it were a leak to repeat it."""
        word = self.furnishing.shown.word
        return word[: len(word) // 2]

    @classmethod
    def of(cls, furnishing: Furnishing, people: Mapping[str, Known], past: Past | None = None) -> Side:
        """Notes every row. In the organization's context."""
        organization, past = furnishing.organization, past or Past()
        rows = {
            model: [str(pk) for pk in model._default_manager.values_list("pk", flat=True)] for model in tenant_models()
        }
        credentials = [secret for known in people.values() for secret in known.secrets]
        schema = organization.schema_name
        shelves = (furnishing.shown, furnishing.hidden)
        words = [schema, mark_of(schema), *(text for shelf in shelves for text in (shelf.word, shelf.pool))]
        shared = _shared_rows(organization)
        ids = [pk for pks in (*rows.values(), *shared.values()) for pk in pks if _is_uuid(pk)]
        return cls(
            organization=organization,
            furnishing=furnishing,
            rows=rows,
            shared_rows=shared,
            secrets=Secrets.of(organization.slug, words=[*words, *credentials], ids=ids),
            hidden=Secrets.of(
                f"{organization.slug}'s hidden part",
                words=[furnishing.hidden.word],
                ids=[value for value in furnishing.hidden.named.values() if _is_uuid(value)],
            ),
            past=past,
            **people,
        )

    def id_of(self, model: TenantModelClass) -> str | None:
        """A row of a model, by its primary key."""
        rows = self.rows.get(model) or self.shared_rows.get(model)
        return rows[0] if rows else None


def _shared_rows(organization: Organization) -> dict[TenantModelClass, list[str]]:
    """Rows of shared tables that are this organization's."""
    queries: dict[TenantModelClass, Any] = {Domain: Domain.objects.filter(tenant_id=organization.pk)}
    for model in apps.get_models():
        named = [field.attname for field in model._meta.concrete_fields if field.column == "schema_name"]
        if named and not lives_in_schemas(model._meta.app_label):
            queries[model] = model._default_manager.filter(**{named[0]: organization.schema_name})
    with public_context():
        return {model: [str(pk) for pk in rows.values_list("pk", flat=True)] for model, rows in queries.items()}


def _is_uuid(value: str) -> bool:
    try:
        UUID(value)
    except ValueError:
        return False
    return True
