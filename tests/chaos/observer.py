"""Watches the database from outside of the program, by a connection that no proxy stands before."""

from __future__ import annotations

import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any

import psycopg

from tests.chaos.history import History

LOOK_SECONDS = 0.05
AWAY_SECONDS = 0.2


class Observer:
    """Notes every change of an execution that it sees, and when what a hurt worker held was taken from it."""

    def __init__(self, *, url: str, schemas: Sequence[str], history: History) -> None:
        self.url, self.schemas, self.history = url, schemas, history
        self._states: dict[str, dict[str, Any]] = {}
        self._held: set[tuple[str, str]] = set()
        self._lock = threading.Lock()
        self._over = threading.Event()

    @contextmanager
    def running(self) -> Iterator[Observer]:
        thread = threading.Thread(target=self._watch, name="observer", daemon=True)
        thread.start()
        try:
            yield self
        finally:
            self._over.set()
            thread.join(10)

    def held_by(self, pid: int) -> list[tuple[str, str]]:
        """Runs and tokens of a worker's tickets; none while the database is away."""
        try:
            with psycopg.connect(self.url, autocommit=True, connect_timeout=2) as connection:
                rows = connection.execute(
                    "SELECT id::text, token::text FROM dispatch_ticket WHERE worker LIKE %s AND token IS NOT NULL",
                    [f"%/{pid}"],
                )
                return [(row[0], row[1]) for row in rows.fetchall()]
        except psycopg.OperationalError:
            return []

    def follow(self, held: Sequence[tuple[str, str]], *, worker: str) -> None:
        """Notes what a worker held at this moment, and will note when it is freed."""
        for run, token in held:
            self.history.note("held", run=run, token=token, worker=worker)
        with self._lock:
            self._held.update(held)

    @property
    def still_held(self) -> int:
        with self._lock:
            return len(self._held)

    def _watch(self) -> None:
        while not self._over.is_set():
            try:
                with psycopg.connect(self.url, autocommit=True, connect_timeout=2) as connection:
                    while not self._over.wait(LOOK_SECONDS):
                        self._look(connection)
            except psycopg.OperationalError as error:
                self.history.note("away", who="observer", error=str(error).strip())
                self._over.wait(AWAY_SECONDS)

    def _look(self, connection: psycopg.Connection) -> None:
        for schema in self.schemas:
            rows = connection.execute(
                f"""SELECT id::text, status, attempt, false_starts, token::text, last_seq
                    FROM "{schema}".executions_execution
                    WHERE finished_at IS NULL OR finished_at > statement_timestamp() - interval '10 seconds'
                    ORDER BY id"""
            )
            for row in rows.fetchall():
                names = ("run", "status", "attempt", "false_starts", "token", "last_seq")
                self._note(dict(zip(names, row, strict=True)))
        self._look_at_held(connection)

    def _note(self, state: dict[str, Any]) -> None:
        if self._states.get(state["run"]) != state:
            self._states[state["run"]] = state
            self.history.note("seen", **state)

    def _look_at_held(self, connection: psycopg.Connection) -> None:
        with self._lock:
            held = set(self._held)
        if not held:
            return
        rows = connection.execute(
            "SELECT id::text, token::text FROM dispatch_ticket WHERE id = ANY(%s::uuid[])", [[run for run, _ in held]]
        )
        freed = held - {(row[0], row[1]) for row in rows.fetchall()}
        for run, token in freed:
            self.history.note("freed", run=run, token=token)
        with self._lock:
            self._held -= freed
