"""The whole product outside of pytest, on servers of its own: for what takes minutes, and is asked for by hand."""

from __future__ import annotations

import os
import shutil
import signal
import sys
import tempfile
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

from config import embedded
from tests.live import Home, Live

UNLIMITED = "100000000/hour"
RATES = ("API", "ANONYMOUS", "LOGIN", "REFRESH", "REGISTER", "FORGOT_PASSWORD", "INVITATION")
"""Whoever sends a thousand requests a second would else be told to wait, and nothing else would be seen."""
NO_RATES = {f"RATE_LIMIT_{name}": UNLIMITED for name in RATES}


@contextmanager
def stack(name: str, **environment: str) -> Iterator[Live]:
    """New servers, two organizations, and nothing started yet; in the end nothing is left."""
    signal.signal(signal.SIGTERM, lambda *_: sys.exit("ended from outside"))
    directory = Path(tempfile.mkdtemp(prefix=f"oficina-{name}-"))
    with ExitStack() as undo:
        undo.callback(shutil.rmtree, directory, ignore_errors=True)
        data = directory / "data"
        servers = embedded.ensure(data)
        undo.callback(servers.stop)
        assert servers.postgresql is not None
        assert servers.redis is not None
        common = embedded.environment(servers) | {"DATA_DIR": str(data), "PYTHONUNBUFFERED": "1"} | environment
        os.environ.update(common | {"DJANGO_SETTINGS_MODULE": "config.settings"})
        live = Live(Home("oficina", servers.postgresql.url), servers.redis, directory, common)
        undo.callback(live.end)
        live.home.schemas = _organizations()
        yield live


def _organizations() -> tuple[str, str]:
    import django  # noqa: PLC0415  # the environment is complete now

    django.setup()
    from django.core.management import call_command  # noqa: PLC0415

    from apps.tenants.services.organizations import organization_create  # noqa: PLC0415

    call_command("migrate_organizations", verbosity=0)
    return organization_create(name="Acme").schema_name, organization_create(name="Rival").schema_name
