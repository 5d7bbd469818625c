"""Tasks run in the organization that sent them.

tenant-schemas-celery puts the sender's schema into each message. Entering it is done here, around the call and not by
that library's signals: those keep the former context on the task object, which all threads of a worker share.
"""

from __future__ import annotations

from contextlib import AbstractContextManager
from typing import Any

from celery.signals import task_postrun, task_prerun
from tenant_schemas_celery.app import restore_schema, switch_schema
from tenant_schemas_celery.task import TenantTask as SchemaCarryingTask

from apps.tenants.context import OutsideTenantError, public_context, tenant_context
from apps.tenants.naming import PUBLIC

task_prerun.disconnect(switch_schema, dispatch_uid="tenant_schemas_switch_schema")
task_postrun.disconnect(restore_schema, dispatch_uid="tenant_schemas_restore_schema")
_HEADER = "_schema_name"


class ContextTask(SchemaCarryingTask):  # type: ignore[misc]  # untyped library
    """What ``@shared_task`` makes: runs in the sender's schema, or outside any, and leaves no context behind.

    Called as a plain function it runs where the caller is.
    """

    abstract = True

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        if self.request.called_directly:
            return super().__call__(*args, **kwargs)
        with self.context(self.schema()):
            return super().__call__(*args, **kwargs)

    def schema(self) -> str:
        """The schema in the message's header."""
        headers = self.request.headers or {}
        return headers.get(_HEADER) or self.request.get(_HEADER) or PUBLIC

    def context(self, schema: str) -> AbstractContextManager[None]:
        return public_context() if schema == PUBLIC else tenant_context(schema)


class TenantTask(ContextTask):
    """``@shared_task(base=TenantTask)``: works on an organization's data and refuses to run without one."""

    abstract = True

    def context(self, schema: str) -> AbstractContextManager[None]:
        if schema == PUBLIC:
            raise OutsideTenantError
        return super().context(schema)


class SharedTask(ContextTask):
    """``@shared_task(base=SharedTask)``: works on the shared tables, whoever sent it."""

    abstract = True

    def context(self, schema: str) -> AbstractContextManager[None]:
        return public_context()
