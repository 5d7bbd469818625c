"""TENANT_ROLES=off, for hosts that forbid CREATE ROLE: everything but the roles themselves works the same."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from urllib.parse import urlsplit, urlunsplit

from config.env import BASE_DIR

CHOSEN = [
    "apps/tenants/tests/postgresql/test_context_switch.py",
    "apps/tenants/tests/guard",
    "apps/tenants/tests/test_middleware.py",
    "apps/tenants/tests/services/test_organization_suspend.py",
    "apps/tenants/tests/services/test_schemas_sweep.py",
    "apps/events/tests/database",
    "tests/isolation/test_sample.py",
]
SECONDS = 400


def test_it_works() -> None:
    url = urlsplit(os.environ["DATABASE_URL"])
    environment = {name: value for name, value in os.environ.items() if not name.startswith("PYTEST_")}
    finished = subprocess.run(
        [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "-p", "no:xdist", *CHOSEN],
        env=environment
        | {"TENANT_ROLES": "off", "DATABASE_URL": urlunsplit(url._replace(path=f"/no_roles_{os.getpid()}"))},
        cwd=BASE_DIR,
        capture_output=True,
        text=True,
        timeout=SECONDS,
        check=False,
    )
    summary = finished.stdout.splitlines()[-1] if finished.stdout else finished.stderr
    assert finished.returncode == 0, finished.stdout[-4000:] + finished.stderr[-2000:]
    assert int(re.findall(r"(\d+) passed", summary)[0]) > 100
