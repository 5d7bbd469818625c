"""Threads of a process share one heap, where the C library has several; what it started with is looked at no more."""

from __future__ import annotations

import ctypes
import os
import subprocess
import sys

import pytest
from django.conf import settings

from config.memory import COLLECT_AFTER
from tests.live import ROOT

THREADS_TAKE_AND_TELL = """
import ctypes, threading

everybody = threading.Barrier(8)

def take():
    kept = [bytes(2_000) for _ in range(1_000)]
    everybody.wait()
    return kept

threads = [threading.Thread(target=take) for _ in range(8)]
for thread in threads:
    thread.start()
for thread in threads:
    thread.join()
libc = ctypes.CDLL(None)
libc.fdopen.restype = ctypes.c_void_p
out = ctypes.c_void_p(libc.fdopen(1, b"w"))
libc.malloc_info(0, out)
libc.fflush(out)
"""
RINGS_COME_AND_GO = """
import weakref

class Ring:
    def __init__(self):
        self.own = self

alive, most = weakref.WeakSet(), 0
for _number in range({number}):
    alive.add(Ring())
    most = max(most, len(alive))
print(most)
"""
heaps_count = pytest.mark.skipif(not hasattr(ctypes.CDLL(None), "malloc_info"), reason="a C library with one heap")


def told_by(program: str) -> str:
    done = subprocess.run(
        [sys.executable, "-c", program],
        cwd=ROOT,
        env={name: value for name, value in os.environ.items() if name != "MALLOC_ARENA_MAX"},
        capture_output=True,
        text=True,
        timeout=180,  # a busy machine takes a minute to import what takes a second
        check=True,
    )
    return done.stdout


def heaps(*, before: str) -> int:
    return told_by(f"{before}\n{THREADS_TAKE_AND_TELL}").count("<heap nr=")


@heaps_count
def test_a_web_process_has_one_heap() -> None:
    assert heaps(before="import config.asgi") == 1


@heaps_count
def test_threads_have_heaps_of_their_own_otherwise() -> None:
    assert heaps(before="") > 1


def test_no_garbage_is_looked_for_while_a_process_starts() -> None:
    note = "looks.append('apps.common.apps' in sys.modules and not gc.get_freeze_count())"
    count = f"import gc, sys; looks = []; gc.callbacks.append(lambda *_: {note})"
    assert told_by(f"{count}; import config.asgi; gc.callbacks.clear(); print(sum(looks))").strip() == "0"


def test_the_last_app_says_when_a_process_has_started() -> None:
    assert settings.INSTALLED_APPS[-1] == "config.apps.Started"


def test_cycles_are_reclaimed_once_it_has() -> None:
    rings = RINGS_COME_AND_GO.format(number=3 * COLLECT_AFTER[0])
    most, *after = map(int, told_by(f"import config.asgi, gc\n{rings}\nprint(*gc.get_threshold())").split())
    assert tuple(after) == COLLECT_AFTER
    assert 0 < most <= after[0]


def test_what_a_process_started_with_is_left_out_of_collections() -> None:
    told = told_by("import config.asgi, gc; print(gc.isenabled(), gc.get_freeze_count(), len(gc.get_objects()))")
    enabled, left_out, looked_at = told.split()
    assert enabled == "True"
    assert int(left_out) > 2 * int(looked_at)
