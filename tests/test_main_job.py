"""The main job as a stranger does it, over real sockets with real processes: sign up, publish, offer, run, watch."""

from __future__ import annotations

import json
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier
from uuid import uuid4

import httpx
import pytest

from apps.common.testing import eventually
from tests.live import Live
from tests.robots import DAEMONS, living, named, processes_of
from tests.strangers import Stranger

ROBOT = """
import json, os, sys
parameters = json.load(open(os.environ["OFICINA_PARAMETERS"]))
print("arguments", *sys.argv[1:], flush=True)
for done in range(1, 4):
    print(f"::progress done={done} total=3 message=step {done}::", flush=True)
print("domain", os.environ["SERVICE_DOMAIN"], file=sys.stderr, flush=True)
with open(os.path.join(os.environ["OFICINA_ARTIFACTS"], "relatorio.csv"), "w") as report:
    report.write("periodo;total\\n" + parameters["periodo"] + ";42\\n")
"""


def test_it_works(live: Live, stranger: Stranger) -> None:
    service = stranger.offer(stranger.publish("Fechamento mensal", ROBOT))
    plan = stranger.post(f"services/{service}/run", {"parameters": {"periodo": "2026-02"}, "dry_run": True}, 200)
    assert "--periodo=2026-02" in json.dumps(plan)
    assert stranger.get("runs")["pagination"]["total"] == 0

    live.worker(include="tests.kinds")
    run = stranger.post(f"services/{service}/run", {"parameters": {"periodo": "2026-02"}}, 202)
    assert run["status"] == "PENDING"
    assert run["trigger_type"] == "SERVICE"
    frames = stranger.watch(run["run_id"])

    lines = [line for frame in frames if frame["type"] == "logs" for line in frame["lines"]]
    assert [line["seq"] for line in lines] == list(range(1, len(lines) + 1))
    assert lines[0]["message"] == "arguments --periodo=2026-02 --inativos=false"
    assert ("ERROR", "domain dp-rh") in {(line["level"], line["message"]) for line in lines}
    assert frames[-1] == {
        "type": "end",
        "run_id": run["run_id"],
        "status": "SUCCESS",
        "last_seq": len(lines),
        "exit_code": 0,
    }

    finished = stranger.get(f"runs/{run['run_id']}")
    assert finished["progress"] == {"done": 3, "total": 3, "message": "step 3"}
    (artifact,) = finished["artifacts"]
    download = stranger.http.get(f"/api/v1/runs/{run['run_id']}/artifacts/{artifact['id']}/download")
    assert download.text == "periodo;total\n2026-02;42\n"
    assert 'attachment; filename="relatorio.csv"' in download.headers["Content-Disposition"]


def test_one_key_at_the_same_instant_is_one_run(live: Live, stranger: Stranger) -> None:
    robot = stranger.publish("Once", "print('once')\n")
    together = Barrier(8)

    def execute(_number: int) -> httpx.Response:
        together.wait(10)
        headers = {"Idempotency-Key": "one-and-only", "Authorization": f"Bearer {stranger.token}"}
        return httpx.post(f"{stranger.http.base_url}/api/v1/runs/{robot}/execute", json={}, headers=headers, timeout=20)

    with ThreadPoolExecutor(8) as pool:
        answers = list(pool.map(execute, range(8)))
    assert {answer.status_code for answer in answers} <= {202, 409}
    [run] = {answer.json()["run_id"] for answer in answers if answer.status_code == 202}
    replayed = stranger.http.post(f"/api/v1/runs/{robot}/execute", json={}, headers={"Idempotency-Key": "one-and-only"})
    assert (replayed.status_code, replayed.json()["run_id"]) == (202, run)
    assert replayed.headers["Idempotency-Replayed"] == "true"
    assert stranger.get("runs")["pagination"]["total"] == 1


@pytest.mark.parametrize("how", ["cancelled", "timed out"])
def test_a_run_ends_with_its_daemons(live: Live, stranger: Stranger, how: str) -> None:
    mark = f"daemon-{uuid4().hex}"
    live.worker(CANCEL_GRACE_SECONDS="0.5")
    robot = stranger.publish("Slow", DAEMONS.format(mark=mark))
    limit = {"cancelled": 600, "timed out": 8}[how]
    run = stranger.post(f"runs/{robot}/execute", {"timeout_seconds": limit}, 202)["run_id"]
    eventually(lambda: stranger.get(f"runs/{run}")["last_seq"] == 1, seconds=20)
    family = processes_of(run) + named(mark)
    assert len(family) >= 3
    if how == "cancelled":
        stranger.post(f"runs/{run}/cancel", {}, 202)
    ends = {"cancelled": "CANCELED", "timed out": "FAILED"}
    eventually(lambda: stranger.get(f"runs/{run}")["status"] == ends[how], seconds=20)
    assert not living(family)
    assert not named(mark)
    assert stranger.watch(run)[-1]["status"] == ends[how]
