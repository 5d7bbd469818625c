"""Objects and queries: what was loaded or built in one organization, used in the other."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

from django.db import DatabaseError, models, transaction

from apps.isolation.cases.case import Probe
from apps.isolation.side import Side
from apps.isolation.staging.rest import TenantModelClass
from apps.isolation.staging.stage import Stage
from apps.tenants.context import tenant_context
from apps.tenants.guard import CrossTenantError

FAMILY = "objects"
NOTHING: tuple[Any, ...] = (None, 0, False, [], (0, {}))


def object_cases(stage: Stage) -> Iterator[Probe]:
    """For every model of which both have a row that only they have: everything that Django does with rows."""
    for model, rows in stage.victim.rows.items():
        known = set(stage.attacker.rows.get(model, []))
        own = next((pk for pk in rows if pk not in known), None)
        if own is not None:
            yield from _of_model(stage, model, own)


def _of_model(stage: Stage, model: TenantModelClass, pk: str) -> Iterator[Probe]:
    rows: Any = model._default_manager
    key = model._meta.pk.attname

    def built(side: Side) -> Any:
        with tenant_context(side.organization):
            return rows.filter(pk=pk)

    def loaded() -> Any:
        with tenant_context(stage.victim.organization):
            return rows.get(pk=pk)

    def fetched() -> Any:
        query = built(stage.victim)
        with tenant_context(stage.victim.organization):
            len(query)
        return query

    tries: dict[str, Callable[[], Any]] = {
        "their id is looked up": lambda: rows.filter(pk=pk).first(),
        "their id is counted": lambda: rows.filter(pk=pk).count(),
        "their object is saved": lambda: _written(loaded().save),
        "their object is deleted": lambda: loaded().delete(),
        "their object is read again": lambda: _written(loaded().refresh_from_db),
        "their query is evaluated": lambda: list(built(stage.victim)),
        "their query is counted": lambda: built(stage.victim).count(),
        "their query is narrowed": lambda: built(stage.victim).exclude(pk=None).first(),
        "their query updates": lambda: built(stage.victim).update(**{key: pk}),
        "their query deletes": lambda: built(stage.victim).delete(),
        "their fetched query is counted": lambda: fetched().count(),
        "their object is inserted anew": lambda: _written(lambda: rows.bulk_create([loaded()])),
    }
    for name, attempt in tries.items():
        yield Probe(
            family=FAMILY,
            name=f"{model._meta.label} · {name}",
            covers=f"model {model._meta.label}",
            check=_refused(stage.attacker, attempt),
        )
    for field in model._meta.concrete_fields:
        if isinstance(field, models.ForeignKey) and stage.victim.id_of(field.related_model):
            yield _assigned(stage, model, field)


def _assigned(stage: Stage, model: TenantModelClass, field: Any) -> Probe:
    """An object of theirs set into a relation of one's own."""

    def attempt() -> Any:
        related: Any = field.related_model._default_manager
        with tenant_context(stage.victim.organization):
            theirs = related.get(pk=stage.victim.id_of(field.related_model))
        own: Any = model._default_manager.get(pk=stage.attacker.id_of(model))
        setattr(own, field.name, theirs)
        own.save(update_fields=[field.name])
        return theirs

    return Probe(
        family=FAMILY,
        name=f"{model._meta.label} · their {field.name} is assigned",
        covers=f"model {model._meta.label}",
        check=_refused(stage.attacker, attempt),
    )


def _written(call: Callable[[], Any]) -> bool:
    call()
    return True


def _refused(side: Side, attempt: Callable[[], Any]) -> Callable[[], str | None]:
    """What is tried in the own context gives nothing, or is refused by the guard or by PostgreSQL."""

    def check() -> str | None:
        try:
            with tenant_context(side.organization), transaction.atomic():
                found = attempt()
                transaction.set_rollback(True)
        except (CrossTenantError, DatabaseError):
            return None
        return None if found in NOTHING else f"it worked, and gave {found!r}"

    return check
