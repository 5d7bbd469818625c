"""Keeps one robot without bubblewrap: parent of its tree, killer of its tree, and nothing else.

Forked from the guardian, one per robot. Its control pipe says ``T`` (terminate) or ``K`` (kill), and its end means
that the worker is gone. The robot waits at a gate, another pipe, for a byte; where that ends without one, so does it.
"""

from __future__ import annotations

import json
import os
import resource
import select
import signal
from contextlib import suppress
from typing import Any

from apps.robots.sandbox.guardian.families import MARKER, Family, adopt_orphans, reap

_LOOK_SECONDS = 0.25
_NOT_STARTED = 127


def keep(request: dict[str, Any], output: int, errors: int, status: int, control: int, gate: int) -> None:
    """Run the robot of a request to its end and its whole family after it; never returns."""
    adopting = adopt_orphans() and not request.get("no_adoption")
    alarm, ring = os.pipe()
    os.set_blocking(ring, False)
    os.set_blocking(alarm, False)
    signal.set_wakeup_fd(ring, warn_on_full_buffer=False)
    signal.signal(signal.SIGCHLD, lambda *_: None)
    robot = os.fork()
    if robot == 0:
        _become(request, output, errors, gate)
    for descriptor in (output, errors, gate):
        os.close(descriptor)
    _say(status, {"child-pid": robot, "keeper-pid": os.getpid()})
    try:
        family = Family(os.getpid(), adopting=adopting, mark=request["environment"].get(MARKER, ""))
        outcome = _watch(robot, family, control, alarm, request.get("processes"))
        family.kill(seconds=5, each_round=reap)
        if outcome is not None:
            _say(status, outcome)
    except BaseException:
        # Whatever is wrong with us, the robot must not go on without anybody watching.
        os.killpg(robot, signal.SIGKILL)
        raise
    finally:
        os._exit(0)


def _watch(robot: int, family: Family, control: int, alarm: int, most: int | None) -> dict[str, Any] | None:
    """Wait for the robot's end or the order to kill; what happened, or None when nobody wants to know."""
    while True:
        ready, _, _ = select.select([control, alarm], [], [], _LOOK_SECONDS)
        if alarm in ready:
            os.read(alarm, 512)
        for pid, ended in reap():
            if pid == robot:
                code = os.waitstatus_to_exitcode(ended)
                return {"exit-code": code if code >= 0 else 128 - code}
        members = family.members()
        if most is not None and len(members) > most:
            return {"limit": "processes"}
        if control in ready:
            order = os.read(control, 1)
            if order == b"T":
                family.signal(signal.SIGTERM, members)
            else:
                return {"exit-code": 128 + signal.SIGKILL} if order else None


def _become(request: dict[str, Any], output: int, errors: int, gate: int) -> None:
    """In the child, once the gate is open: take streams, limits and environment, and turn into the robot."""
    try:
        os.setsid()
        if not os.read(gate, 1):
            return
        for number in (signal.SIGPIPE, signal.SIGXFSZ, signal.SIGCHLD, signal.SIGTERM, signal.SIGINT, signal.SIGHUP):
            signal.signal(number, signal.SIG_DFL)
        for source, target in ((os.open(os.devnull, os.O_RDONLY), 0), (output, 1), (errors, 2)):
            os.dup2(source, target)
        os.closerange(3, 65_536)
        os.chdir(request["directory"])
        for kind, value in request["limits"]:
            _soft, hard = resource.getrlimit(kind)
            lowered = value if hard == resource.RLIM_INFINITY else min(value, hard)
            resource.setrlimit(kind, (lowered, lowered))
        arguments = request["arguments"]
        os.execvpe(arguments[0], arguments, request["environment"])  # noqa: S606  # that is the point
    except (OSError, ValueError) as error:
        os.write(2, f"Could not start {request['arguments'][0]}: {error}\n".encode())
    finally:
        os._exit(_NOT_STARTED)


def _say(status: int, message: dict[str, Any]) -> None:
    with suppress(OSError):  # perhaps nobody listens any more
        os.write(status, json.dumps(message).encode() + b"\n")
