"""The last thing `make run` prints: where to go, how to sign in, and a first command to paste."""

from __future__ import annotations

from collections.abc import Callable
from http import HTTPStatus
from time import monotonic, sleep
from typing import TypedDict

import httpx

READY_SECONDS = 120
POLL_SECONDS = 0.2
LAST_LINE = "Ctrl-C stops everything."


class Account(TypedDict):
    email: str
    password: str
    role: str
    organization: str  # slug


class Demo(TypedDict):
    """What `manage.py seed_demo` prints as JSON, on standard output and with nothing else."""

    platform: Account
    accounts: list[Account]  # of the demo organization, its administrator first
    robot: dict[str, str]  # id and name of the one that the pasted command runs


def welcome(url: str, demo: Demo) -> str:
    """One block of text; the command in it works as it stands in any shell with curl and Python."""
    platform, owner, robot = demo["platform"], demo["accounts"][0], demo["robot"]
    others = "".join(f"    {'':16} {_login(account)}\n" for account in demo["accounts"][1:])
    home = url.replace("://", f"://{owner['organization']}.", 1)
    return f"""
Oficina is running.

    Landing page     {url}/
    Portal           {home}/portal/
    Admin            {home}/admin/
    API documents    {url}/api/v1/docs
    Platform admin   {url}/admin/

    Sign in          {_login(owner)}
{others}    Platform         {_login(platform)}

Run the robot "{robot["name"]}" and see what became of it:

    TOKEN=$(curl -s {url}/api/v1/auth/login -H 'Content-Type: application/json' \\
      -d '{{"email": "{owner["email"]}", "password": "{owner["password"]}"}}' \\
      | python3 -c 'import json, sys; print(json.load(sys.stdin)["access_token"])')
    curl -s -X POST {url}/api/v1/runs/{robot["id"]}/execute -H "Authorization: Bearer $TOKEN" \\
      -H 'Content-Type: application/json' -d '{{}}'; sleep 3; echo
    curl -s "{url}/api/v1/runs?robot_id={robot["id"]}&limit=1" -H "Authorization: Bearer $TOKEN"; echo

{LAST_LINE}
"""


def _login(account: Account) -> str:
    return f"{account['email']}  {account['password']}  ({account['role']})"


def when_ready(url: str, announce: Callable[[], None], complain: Callable[[str], None]) -> None:
    """Announce once all that is needed is in place and a worker is there, or complain with what is missing."""
    answer = "no answer"
    deadline = monotonic() + READY_SECONDS
    while monotonic() < deadline:
        try:
            ready = httpx.get(f"{url}/ready", timeout=5)
            answer = ready.text
            if ready.status_code == HTTPStatus.OK and _has_workers(url):
                announce()
                return
        except httpx.TransportError:
            pass
        sleep(POLL_SECONDS)
    complain(f"Not ready after {READY_SECONDS} seconds: {answer}")


def _has_workers(url: str) -> bool:
    services = httpx.get(f"{url}/health/services", timeout=5).json()["services"]
    return bool(services["workers"]["count"])
