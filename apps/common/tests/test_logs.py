"""Log lines: one JSON object each, with context and without secrets; whoever writes them."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[3]
PROGRAM = """
import logging, structlog
from config.logs import configure_logging
configure_logging({format!r}, "INFO")
structlog.contextvars.bind_contextvars(trace_id="t-1", organization="acme")
structlog.get_logger("ours").info("signed_in", password="sesame", access_token="sesame", user="ana")
logging.getLogger("theirs").warning("slow %s", "query")
logging.getLogger("theirs").debug("unseen")
try:
    1 / 0
except ZeroDivisionError:
    structlog.get_logger("ours").exception("broken", when=object)
"""


def output(log_format: str) -> str:
    """What a process of its own writes: logging is configured once in each."""
    program = PROGRAM.format(format=log_format)
    done = subprocess.run([sys.executable, "-c", program], cwd=ROOT, capture_output=True, timeout=60, check=True)
    assert not done.stderr
    return done.stdout.decode()


def test_it_works() -> None:
    lines: list[Any] = [json.loads(line) for line in output("json").splitlines()]
    signed_in, slow, broken = lines
    assert signed_in["event"] == "signed_in"
    assert signed_in["user"] == "ana"
    assert (signed_in["level"], signed_in["logger"]) == ("info", "ours")
    assert signed_in["timestamp"].endswith("Z")
    assert slow["event"] == "slow query"
    assert "ZeroDivisionError" in broken["exception"]
    for line in lines:
        assert (line["trace_id"], line["organization"]) == ("t-1", "acme")


def test_secrets_are_hidden() -> None:
    assert "sesame" not in output("json")
    assert "[hidden]" in output("console")


def test_people_get_lines_to_read() -> None:
    text = output("console")
    assert "signed_in" in text
    assert "{" not in text.splitlines()[0]


def test_a_server_says_no_more_than_the_level() -> None:
    """uvicorn has set its own level before we are asked."""
    program = """
import logging
from config.logs import configure_logging
logging.getLogger("uvicorn").setLevel("INFO")
configure_logging("console", "WARNING")
logging.getLogger("uvicorn.error").info("connection open")
logging.getLogger("uvicorn.error").warning("too slow")
"""
    done = subprocess.run(
        [sys.executable, "-c", program], cwd=ROOT, capture_output=True, text=True, timeout=60, check=True
    )
    assert "too slow" in done.stdout
    assert "connection open" not in done.stdout
