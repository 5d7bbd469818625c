"""Tasks run in the organization that sent them, in any thread of a real worker."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from celery import Celery, shared_task
from celery.contrib.testing.worker import start_worker
from celery.signals import task_postrun, task_prerun
from django.db import DatabaseError, connection
from tenant_schemas_celery.app import CeleryApp

from apps.accounts.models import User
from apps.tenants.celery import ContextTask, SharedTask, TenantTask
from apps.tenants.context import OutsideTenantError, current_schema, public_context, tenant_context
from apps.tenants.models import Organization
from config.celery import app
from conftest import make_user

SECONDS = 30


@shared_task(name="tests.where")
def where() -> str:
    return current_schema()


@shared_task(base=TenantTask, name="tests.count_users")
def count_users() -> int:
    return len(User.objects.all())


@shared_task(base=SharedTask, name="tests.shared")
def shared() -> str:
    return current_schema()


@shared_task(name="tests.fail")
def fail() -> None:
    raise ZeroDivisionError


@shared_task(name="tests.forgetful")
def forgetful() -> int:
    return len(User.objects.all())


@shared_task(name="tests.leaves")
def leaves(schema: str) -> None:
    """Badly behaved: it goes elsewhere and does not come back."""
    connection.set_schema(schema)  # type: ignore[attr-defined]  # django-tenants'


@shared_task(name="tests.nested")
def nested(schema: str) -> list[str]:
    """Another task of this thread, in another organization, in between."""
    before = current_schema()
    with tenant_context(schema):
        inside = where.apply().get()
    return [before, inside, current_schema()]


@pytest.fixture
def worker(transactional_db: None) -> Iterator[Celery]:
    """A worker with four threads in this process, over a broker in memory; it answers, unlike the product's."""
    own = CeleryApp("tests", task_cls=app.task_cls, broker="memory://", backend="cache+memory://", set_as_current=False)
    try:
        with start_worker(own, pool="threads", concurrency=4, perform_ping_check=False, shutdown_timeout=SECONDS):
            yield own
    finally:  # it made itself the one that rings are sent by, in every thread
        app.set_current()
        app.set_default()


def test_it_works(organization: Organization, other_organization: Organization) -> None:
    assert where.apply().get() == organization.schema_name
    with tenant_context(other_organization):
        assert where.apply().get() == other_organization.schema_name
    with public_context():
        assert where.apply().get() == "public"
    assert current_schema() == organization.schema_name


def test_called_as_a_function_it_runs_where_the_caller_is(organization: Organization) -> None:
    assert where() == organization.schema_name
    with public_context():
        assert where() == "public"
        with pytest.raises(DatabaseError):
            count_users()


def test_a_task_of_an_organization_refuses_to_run_without_one(organization: Organization) -> None:
    assert count_users.apply().get() == 0
    with public_context(), pytest.raises(OutsideTenantError):
        count_users.apply(throw=True)
    with pytest.raises(OutsideTenantError):
        count_users.apply(headers={"_schema_name": "public"}, throw=True)


def test_any_other_task_fails_at_the_server(organization: Organization) -> None:
    with public_context(), pytest.raises(DatabaseError):
        forgetful.apply(throw=True)


def test_a_shared_task_runs_outside(organization: Organization) -> None:
    assert shared.apply().get() == "public"


@pytest.mark.parametrize("schema", ["", "pg_catalog", "t_1; --", "information_schema"])
def test_a_forged_schema_is_refused(organization: Organization, schema: str) -> None:
    message = {"_schema_name": schema}
    if schema == "":
        assert where.apply(headers=message).get() == "public"
    else:
        with pytest.raises(ValueError, match="not an organization's schema"):
            where.apply(headers=message, throw=True)


def test_nothing_is_left_behind(organization: Organization, other_organization: Organization) -> None:
    leaves.apply(args=(other_organization.schema_name,))
    assert current_schema() == organization.schema_name
    with pytest.raises(ZeroDivisionError):
        fail.apply(throw=True)
    assert current_schema() == organization.schema_name
    assert nested(other_organization.schema_name) == [
        organization.schema_name,
        other_organization.schema_name,
        organization.schema_name,
    ]


def test_every_task_of_ours_is_one(organization: Organization) -> None:
    assert isinstance(app.tasks["tenants.spares"], SharedTask)
    ours = [task for name, task in app.tasks.items() if not name.startswith("celery.")]
    assert all(isinstance(task, ContextTask) for task in ours)


def test_the_librarys_signals_are_out() -> None:
    """They keep the former context on the task object, which all threads share."""
    connected = {key[0] for signal in (task_prerun, task_postrun) for key, _receiver in signal.receivers}
    assert connected.isdisjoint({"tenant_schemas_switch_schema", "tenant_schemas_restore_schema"})


def test_in_the_threads_of_a_worker(
    live_organization: Organization, other_organization: Organization, worker: Celery
) -> None:
    mine, theirs = live_organization.schema_name, other_organization.schema_name
    with tenant_context(mine):
        make_user("ana@live.example", "viewer")
    tasks, results, wanted = worker.tasks, [], []
    for number in range(40):
        schema = (mine, theirs, "public")[number % 3]
        with public_context() if schema == "public" else tenant_context(schema):
            if number % 5 == 4:
                tasks[leaves.name].delay(theirs)
            results.append(tasks[where.name].delay())
            wanted.append(schema)
    assert [result.get(timeout=SECONDS) for result in results] == wanted
    with tenant_context(mine):
        assert tasks[count_users.name].delay().get(timeout=SECONDS) == 1
    with public_context(), pytest.raises(OutsideTenantError):
        tasks[count_users.name].delay().get(timeout=SECONDS)
