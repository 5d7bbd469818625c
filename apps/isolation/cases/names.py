"""Names that both organizations may use at once: in cache, storage, channels, locks, limits, tags and task headers."""

from __future__ import annotations

import secrets
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from asgiref.sync import async_to_sync
from channels.layers import get_channel_layer
from django.conf import settings
from django.contrib.contenttypes.models import ContentType
from django.core.cache import cache
from django.core.exceptions import SuspiciousFileOperation
from django.core.files.base import ContentFile
from django.db import transaction
from django.utils import timezone
from django.utils.module_loading import import_string

from apps.accounts.errors import InvalidCredentials
from apps.accounts.models import SocketTicket
from apps.accounts.services.socket_tickets import socket_ticket_redeem
from apps.common import limits
from apps.common.errors import IdempotencyInProgress, TooManyRequests
from apps.common.idempotency import Answer, Claim
from apps.executions.wakeups import execution_group
from apps.isolation.cases.case import Probe
from apps.isolation.staging.stage import Stage
from apps.isolation.watching import writes_forget
from apps.tenants.celery import SharedTask, TenantTask
from apps.tenants.channels import group_name
from apps.tenants.context import OutsideTenantError, current_schema, public_context, tenant_context
from apps.tenants.naming import PUBLIC
from apps.tenants.storage import tenant_storage
from config.celery import app as celery

FAMILY = "names"
Attempt = Callable[[], Any]


def name_cases(stage: Stage) -> Iterator[Probe]:
    """All cases of names."""
    yield from _cache(stage)
    yield from _files(stage)
    yield from _groups(stage)
    yield from _idempotency(stage)
    yield from _limits(stage)
    yield from _sessions(stage)
    yield from _tasks(stage)
    yield _probe("content types are looked up apart", lambda: _content_types(stage))
    yield _probe("no context is left behind", lambda: None if current_schema() == PUBLIC else current_schema())


def _probe(name: str, check: Callable[[], str | None]) -> Probe:
    return Probe(family=FAMILY, name=name, covers="names", check=check)


def _said(condition: bool, problem: str) -> str | None:
    return problem if condition else None


def _cache(stage: Stage) -> Iterator[Probe]:
    own, their = stage.attacker.organization, stage.victim.organization

    def kept(read: Callable[[str], Any]) -> Callable[[], str | None]:
        def check() -> str | None:
            name = f"isolation-{secrets.token_hex(4)}"
            with tenant_context(their):
                cache.set(name, 7, 60)
            with tenant_context(own):
                found = read(name)
            with tenant_context(their):
                kept_value = cache.get(name)
                cache.delete(name)
            return _said(bool(found), f"read {found!r}") or _said(kept_value != 7, "changed it")  # noqa: PLR2004

        return check

    def set_own(name: str) -> None:
        cache.set(name, 8, 60)
        cache.delete(name)

    reads: dict[str, Callable[[str], Any]] = {
        "get": cache.get,
        "get_many": lambda name: cache.get_many([name]),
        "has_key": cache.has_key,
        "touch": cache.touch,
        "delete": cache.delete,
        "set": set_own,
        "add, which finds nothing": lambda name: not cache.add(name, 8, 1),
    }
    for name, read in reads.items():
        yield _probe(f"cache: {name} of a key of theirs", kept(read))


def _files(stage: Stage) -> Iterator[Probe]:
    own, their = stage.attacker, stage.victim
    operations: dict[str, Callable[[str], Any]] = {
        "open": lambda name: tenant_storage.open(name).read(),
        "exists": tenant_storage.exists,
        "size": tenant_storage.size,
        "delete": tenant_storage.delete,
        "save": lambda name: tenant_storage.save(name, ContentFile(b"own")),
    }
    names = _stored_names(their)
    for name in names:
        ways = [name, *(f"{way}{their.schema}/{name}" for way in ("../", "./../", "a/../../", "/", "..\\"))]
        ways += [f"../../{their.schema}/{name}", f"{own.schema}/../{their.schema}/{name}"]
        for way in ways:
            for verb, operation in operations.items():
                if way == name and verb in {"save", "delete"}:
                    continue  # one's own file of that name, which the next probe is about
                yield _probe(f"storage: {verb} {way}", _file_unreached(stage, way, operation))
    yield _probe("storage: one name, two files", lambda: _one_name(stage))
    yield _probe("storage: nothing outside an organization", _no_storage_outside)


def _stored_names(side: Any) -> list[str]:
    with tenant_context(side.organization):
        found = [
            str(name)
            for model in side.rows
            for field in model._meta.concrete_fields
            if field.name == "storage_name"
            for name in model._default_manager.values_list("storage_name", flat=True)[:2]
        ]
    if not found:
        raise AssertionError("the other organization has no file to be reached")
    return found


def _file_unreached(stage: Stage, way: str, operation: Callable[[str], Any]) -> Callable[[], str | None]:
    def check() -> str | None:
        try:
            with tenant_context(stage.attacker.organization):
                found = operation(way)
        except (SuspiciousFileOperation, FileNotFoundError):
            return None
        return _said(bool(found), f"it gave {found!r}")

    return check


def _one_name(stage: Stage) -> str | None:
    name = f"isolation/{secrets.token_hex(8)}"
    saved = []
    for side in (stage.victim, stage.attacker):
        with tenant_context(side.organization):
            saved.append(tenant_storage.save(name, ContentFile(side.schema.encode())))
    try:
        for side, stored in zip((stage.victim, stage.attacker), saved, strict=True):
            with tenant_context(side.organization), tenant_storage.open(stored) as file:
                if stored != name or file.read() != side.schema.encode():
                    return f"{stored!r} is not the own file"
    finally:
        for side, stored in zip((stage.victim, stage.attacker), saved, strict=True):
            with tenant_context(side.organization):
                tenant_storage.delete(stored)
    return None


def _no_storage_outside() -> str | None:
    try:
        tenant_storage.exists("anything")
    except OutsideTenantError:
        return None
    return "there is storage outside an organization"


def _groups(stage: Stage) -> Iterator[Probe]:
    own, their = stage.attacker, stage.victim
    run: Any = their.named["run_id"]
    for name, group in {
        "group_name()": lambda: group_name("execution", run),
        "of an execution": lambda: execution_group(run),
    }.items():
        yield _probe(f"channels: {name} is another one in each organization", _differs(stage, group))
    yield _probe("channels: what is sent to their group is not heard", lambda: _unheard(own, their, run))
    yield _probe("channels: no group outside an organization", _no_group_outside)


def _differs(stage: Stage, name: Callable[[], Any]) -> Callable[[], str | None]:
    def check() -> str | None:
        found = []
        for side in (stage.attacker, stage.victim):
            with tenant_context(side.organization):
                found.append(name())
        return _said(found[0] == found[1], f"both are {found[0]!r}")

    return check


def _unheard(own: Any, their: Any, run: str) -> str | None:
    """Listens to one's own group of an id, and sends to the other organization's group of the same id."""
    groups = []
    for side in (own, their):
        with tenant_context(side.organization):
            groups.append(execution_group(run))  # type: ignore[arg-type]  # only its text counts

    async def exchange() -> dict[str, Any]:
        layer = get_channel_layer()
        channel = await layer.new_channel()
        await layer.group_add(groups[0], channel)
        try:
            await layer.group_send(groups[1], {"type": "isolation", "of": their.schema})
            await layer.group_send(groups[0], {"type": "isolation", "of": own.schema})
            heard: dict[str, Any] = await layer.receive(channel)
        finally:
            await layer.group_discard(groups[0], channel)
        return heard

    heard = async_to_sync(exchange)()
    return _said(heard["of"] != own.schema, "it was heard")


def _no_group_outside() -> str | None:
    try:
        group_name("execution", "x")
    except OutsideTenantError:
        return None
    return "there is a group outside an organization"


def _idempotency(stage: Stage) -> Iterator[Probe]:
    claim = Claim(scope="anonymous\n127.0.0.1\nPOST\n/api/v1/x", key=secrets.token_hex(8), request=b"{}")
    now = timezone.now()

    def unblocked() -> str | None:
        with transaction.atomic(), tenant_context(stage.victim.organization):
            claim.take(now=now)
            claim.keep(Answer(201, {}, stage.victim.schema.encode()), now=now)
            with tenant_context(stage.attacker.organization):
                try:
                    stored = claim.take(now=now)
                except IdempotencyInProgress:
                    return "it is held up"
            transaction.set_rollback(True)
        writes_forget()
        return _said(stored is not None, "it got the other's answer")

    yield _probe("idempotency: one key, two claims", _differs(stage, lambda: claim.digest))
    yield _probe("idempotency: their stored answer stays theirs", unblocked)


def _limits(stage: Stage) -> Iterator[Probe]:
    def check() -> str | None:
        name = secrets.token_hex(8)
        with tenant_context(stage.victim.organization):
            limits.hit("1/minute", name)
        with tenant_context(stage.attacker.organization):
            try:
                limits.hit("1/minute", name)
            except TooManyRequests:
                return "the other's use was counted"
        return None

    yield _probe("limits: counted apart", check)


def _sessions(stage: Stage) -> Iterator[Probe]:
    def loaded() -> str | None:
        store = import_string(f"{settings.SESSION_ENGINE}.SessionStore")(stage.victim.owner.cookie)
        with tenant_context(stage.attacker.organization):
            return _said(bool(list(store.keys())), "their session could be loaded")

    def redeemed() -> str | None:
        ticket = stage.victim.owner.ticket(now=timezone.now())
        try:
            with tenant_context(stage.attacker.organization), transaction.atomic():
                socket_ticket_redeem(ticket=ticket, now=timezone.now(), ip=None)
        except InvalidCredentials:
            return None
        finally:
            with tenant_context(stage.victim.organization):
                SocketTicket.objects.latest("id").delete()
            writes_forget()
        return "their ticket was redeemed"

    yield _probe("sessions: their key is none here", loaded)
    yield _probe("tickets: theirs is none here", redeemed)


def _content_types(stage: Stage) -> str | None:
    """Each organization numbers its content types by itself; the cache must not mix them."""
    found = []
    for side in (stage.victim, stage.attacker):
        with tenant_context(side.organization):
            for model in side.rows:
                kind = ContentType.objects.get_for_model(model)
                if ContentType.objects.filter(pk=kind.pk, app_label=kind.app_label, model=kind.model).count() != 1:
                    found.append(f"{model._meta.label} in {side.schema}")
    return ", ".join(found) or None


def _tasks(stage: Stage) -> Iterator[Probe]:
    """Tasks made for the moment tell in which context each kind of task runs."""
    own = stage.attacker.schema
    for name, base, header, expected in (
        ("a task of an organization runs in it", TenantTask, own, own),
        ("a task of an organization refuses to run without one", TenantTask, PUBLIC, None),
        ("a shared task runs outside", SharedTask, own, PUBLIC),
        ("a plain task runs where it was sent", None, own, own),
        ("a plain task sent outside runs outside", None, PUBLIC, PUBLIC),
    ):
        yield _probe(f"tasks: {name}", _task_context(base, header, expected))
    yield _probe("tasks: a message carries the sender's context", lambda: _carried(stage))


def _task_context(base: Any, header: str, expected: str | None) -> Callable[[], str | None]:
    def check() -> str | None:
        with _temporary_task(base) as task:
            outcome = task.apply(headers={"_schema_name": header})
        if current_schema() != PUBLIC:
            return f"it left the context {current_schema()} behind"
        if expected is None:
            return _said(not isinstance(outcome.result, OutsideTenantError), f"it ran: {outcome.result!r}")
        return _said(outcome.result != expected, f"it ran in {outcome.result!r}")

    return check


def _carried(stage: Stage) -> str | None:
    with _temporary_task(None) as task:
        with tenant_context(stage.attacker.organization):
            inside = task.apply().result
        with public_context():
            outside = task.apply().result
    return _said((inside, outside) != (stage.attacker.schema, PUBLIC), f"it ran in {inside!r} and in {outside!r}")


@contextmanager
def _temporary_task(base: Any) -> Iterator[Any]:
    """A task that tells where it runs, known to this process for the moment."""
    name = f"isolation.{secrets.token_hex(4)}"
    make: Any = celery.task
    yield make(current_schema, name=name, **({"base": base} if base is not None else {}))
    celery.tasks.unregister(name)
