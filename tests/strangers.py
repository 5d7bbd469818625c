"""Somebody who just signed up, and what they do over HTTP and sockets."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any

import httpx
import pytest
from websockets.sync.client import connect

from tests.live import Live

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
