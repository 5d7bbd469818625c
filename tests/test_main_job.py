"""The main job as a stranger does it, over real sockets with real processes: sign up, publish, offer, run, watch."""

from __future__ import annotations

import json
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from threading import Barrier
from typing import Any

import httpx
import pytest
from websockets.sync.client import connect

from apps.common.testing import eventually
from tests.live import Live
from tests.robots import processes_of

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
FORM = {
    "fields": [
        {
            "key": "periodo",
            "label": "Periodo",
            "type": "text",
            "required": True,
            "default": "2026-02",
            "validation": {"regex": "^\\d{4}-\\d{2}$"},
        },
        {"key": "incluir_inativos", "label": "Inativos", "type": "checkbox"},
    ]
}
TEMPLATE = {
    "defaults": {"incluir_inativos": False},
    "mapping": {
        "runtime_arguments": ["--periodo={periodo}", "--inativos={incluir_inativos}"],
        "runtime_env": {"SERVICE_DOMAIN": "dp-rh"},
    },
}


@dataclass
class Stranger:
    """Somebody who just signed up."""

    http: httpx.Client
    token: str

    def post(self, path: str, body: dict[str, Any], expected: int, **headers: str) -> Any:
        answer = self.http.post(f"/api/v1/{path}", json=body, headers=headers)
        assert answer.status_code == expected, answer.text
        return answer.json()

    def get(self, path: str) -> Any:
        answer = self.http.get(f"/api/v1/{path}")
        assert answer.status_code == 200, answer.text
        return answer.json()

    def publish(self, name: str, source: str) -> str:
        """A robot with one active version."""
        robot = self.post("robots", {"name": name}, 201)["id"]
        answer = self.http.post(
            f"/api/v1/robots/{robot}/versions/publish",
            data={"version": "1.0.0"},
            files={"artifact": ("main.py", source.encode())},
        )
        assert answer.status_code == 201, answer.text
        return str(robot)

    def offer(self, robot: str) -> str:
        """The robot as a service."""
        domain = self.post("domains", {"name": "RH", "slug": "dp-rh"}, 201)["id"]
        body = {
            "domain_id": domain,
            "robot_id": robot,
            "title": "Fechamento",
            "form_schema_json": FORM,
            "run_template_json": TEMPLATE,
        }
        return str(self.post("services", body, 201)["id"])

    def watch(self, run: str) -> list[dict[str, Any]]:
        """Every frame of a run's log until the end."""
        url = f"{self.http.base_url}/api/v1/ws/runs/{run}/logs".replace("http", "ws", 1)
        with connect(f"{url}?token={self.token}", close_timeout=5) as socket:
            frames = [json.loads(message) for message in socket]
            assert socket.close_code == 1000
        return frames


@pytest.fixture
def stranger(live: Live) -> Stranger:
    web = live.web(RATE_LIMIT_REGISTER="1000/hour")
    http = httpx.Client(base_url=web.url, timeout=20)
    body = {
        "email": f"stranger-{web.process.pid}@new.example",
        "password": "Correct-horse-7",
        "name": "Stranger",
        "organization_name": "New",
    }
    answer = http.post("/api/v1/auth/register", json=body)
    assert answer.status_code == 201, answer.text
    token = answer.json()["access_token"]
    http.headers["Authorization"] = f"Bearer {token}"
    return Stranger(http, token)


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
    assert len({answer.json()["run_id"] for answer in answers if answer.status_code == 202}) == 1
    assert stranger.get("runs")["pagination"]["total"] == 1


def test_a_cancelled_run_ends_with_its_daemons(live: Live, stranger: Stranger) -> None:
    source = "import os, time\nif os.fork() == 0:\n    os.setsid()\nprint('up', flush=True)\ntime.sleep(600)\n"
    live.worker(include="tests.kinds")
    run = stranger.post(f"runs/{stranger.publish('Slow', source)}/execute", {}, 202)["run_id"]
    eventually(lambda: stranger.get(f"runs/{run}")["last_seq"] == 2, seconds=20)
    assert processes_of(run)
    stranger.post(f"runs/{run}/cancel", {}, 202)
    eventually(lambda: stranger.get(f"runs/{run}")["status"] == "CANCELED", seconds=20)
    eventually(lambda: not processes_of(run), seconds=5)
    assert stranger.watch(run)[-1]["status"] == "CANCELED"
