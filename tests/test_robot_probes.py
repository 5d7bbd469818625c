"""What a robot of a real worker tries: others' files, our environment, our servers, our processes."""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import Any
from urllib.parse import unquote, urlsplit
from uuid import uuid4

import pytest

from apps.common.testing import eventually
from apps.executions.models import Execution
from apps.robots.tests.factories import robot_made, version_made
from apps.tenants.context import tenant_context
from tests.engine import execution, log
from tests.live import Live
from tests.robots import run_robot

SECRET = "print('of another organization')"
PROBE = """
import json, os, signal, socket, sys
targets = json.loads(sys.argv[1])

def reads(path):
    try: return targets["secret"] in open(path, errors="replace").read()
    except OSError: return False

def connects(path):
    with socket.socket(socket.AF_UNIX) as client:
        try: client.connect(path)
        except OSError: return False
    return True

def signals(pid):
    try: os.kill(pid, 0)
    except ProcessLookupError: return False
    except PermissionError: return True
    return True

def environments():
    for name in filter(str.isdigit, os.listdir("/proc")):
        try: text = open(f"/proc/{name}/environ", errors="replace").read()
        except OSError: continue
        if targets["key"] in text: return True
    return False

print(json.dumps({
    "storage": os.path.exists(targets["storage"]),
    "package": reads(targets["package"]),
    "environment": environments(),
    "postgresql": connects(targets["postgresql"]),
    "redis": connects(targets["redis"]),
    "worker": signals(targets["worker"]),
}))
"""


def targets(live: Live, worker: int) -> dict[str, Any]:
    """What there is to find, planted where the product itself puts it."""
    with tenant_context(live.other_schema):
        version = version_made(live.other_schema, robot_made(live.other_schema, f"Theirs {uuid4()}"), SECRET)
    storage = live.directory / "data" / "storage"
    [package] = storage.rglob(Path(version.storage_name).name)
    assert SECRET in package.read_text(errors="replace")
    return {
        "secret": SECRET,
        "key": "SECRET_KEY=",
        "storage": str(storage),
        "package": str(package),
        "postgresql": str(Path(unquote(urlsplit(live.home.url).query.partition("host=")[2])) / ".s.PGSQL.5432"),
        "redis": urlsplit(live.redis.url).path,
        "worker": worker,
    }


def found(live: Live, sandbox: str) -> dict[str, bool]:
    """What the probe got at."""
    worker = live.worker(ROBOT_SANDBOX=sandbox)
    given = json.dumps(targets(live, worker.pid))
    run = run_robot(live.schema, PROBE, runtime_arguments=[given])
    eventually(lambda: execution(live.schema, run).is_finished, seconds=60)
    ended: Execution = execution(live.schema, run)
    assert ended.status == "completed", log(live.schema, run)
    answer: dict[str, bool] = json.loads(log(live.schema, run)[-1])
    return answer


@pytest.mark.skipif(shutil.which("bwrap") is None, reason="no bubblewrap here")
def test_it_gets_at_nothing(live: Live) -> None:
    got = found(live, "required")
    assert not [name for name, succeeded in got.items() if succeeded]


def test_the_probe_would_get_at_something_without_a_sandbox(live: Live) -> None:
    """Or else it would prove nothing."""
    got = found(live, "off")
    assert got["worker"]
    assert got["storage"]
