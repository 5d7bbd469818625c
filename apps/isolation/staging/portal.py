"""Specimens of the portal: domains, services with forms, runs of services."""

from __future__ import annotations

from uuid import UUID

from apps.isolation.staging.furnishing import Furnishing, Shelf
from apps.portal.services.domains import domain_create
from apps.portal.services.runs import service_run
from apps.portal.services.services import service_create, service_update


def furnish(into: Furnishing) -> None:
    """A domain with a service of two revisions for each robot, and a run of it."""
    actor = into.actor("owner")
    for shelf in (into.shown, into.hidden):
        slug = f"domain-{shelf.word}"
        domain = domain_create(
            actor=actor,
            name=shelf.text("Domain"),
            slug=slug,
            description=shelf.text("Description"),
            icon=shelf.word,
            now=into.now,
        )
        service = service_create(
            actor=actor,
            domain_id=domain.pk,
            robot_id=UUID(shelf.named["robot_id"]),
            title=shelf.text("Service"),
            description=shelf.text("Description"),
            confirmation_text=shelf.text("Sure?"),
            form_schema_json=_form(shelf),
            run_template_json={"mapping": {"runtime_arguments": ["{customer}"]}},
            now=into.now,
        )
        service = service_update(actor=actor, service=service, changes={"title": shelf.text("Offer")}, now=into.now)
        service_run(actor=actor, service=service, parameters={"customer": shelf.word}, now=into.now)
        shelf.named |= {"domain_id": str(domain.pk), "slug": slug, "service_id": str(service.pk)}


def _form(shelf: Shelf) -> dict[str, object]:
    field = {"key": "customer", "label": shelf.text("Customer"), "type": "text", "default": shelf.word}
    return {"fields": [field]}
