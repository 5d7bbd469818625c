"""Which statements a recording keeps."""

from __future__ import annotations

import uuid

import pytest

from apps.common.ids import uuid7
from apps.tenants.recording import Recorder, changes_something, script

KEPT = [
    "CREATE TABLE x ()",
    "  \n-- a comment\n create index y on x (z)",
    "/* ; */ INSERT INTO x VALUES (1)",
    "WITH a AS (SELECT 1) INSERT INTO x SELECT * FROM a",
    "SELECT setval('x', 1)",
    'SELECT "my_function"(1)',
    "SELECT public.my_function()",
    "select 1; create table y ()",
    "DO $$ BEGIN END $$",
    "CALL x()",
    "MERGE INTO x USING y ON true WHEN MATCHED THEN DELETE",
    "TRUNCATE x",
    "REFRESH MATERIALIZED VIEW x",
    "SET CONSTRAINTS ALL IMMEDIATE",
    "COPY x FROM '/tmp/x'",
    "SOMETHING NEW",
]
DROPPED = [
    "",
    "-- only a comment",
    "SELECT 1",
    "SELECT * FROM x;",
    "SELECT COUNT(*) FROM x",
    "SELECT set_config('search_path', 'x', false)",
    "SELECT pg_advisory_lock(1)",
    "SHOW search_path",
    'SET search_path = "x"',
    "SAVEPOINT s",
    "RELEASE SAVEPOINT s",
    "ROLLBACK TO SAVEPOINT s",
    "EXPLAIN SELECT 1",
]


@pytest.mark.parametrize("sql", KEPT)
def test_it_works(sql: str) -> None:
    assert changes_something(sql)


@pytest.mark.parametrize("sql", DROPPED)
def test_reading_is_not_kept(sql: str) -> None:
    assert not changes_something(sql)


def test_each_replay_has_identifiers_of_its_own() -> None:
    recorder = Recorder()
    new, constants = uuid7(), ("018f0000-0000-7000-8000-000000000000", "ffffffffffff7fff8fffffffffffffff")
    recorder.statements = [f"INSERT '{new}'", f"UPDATE '{new.hex}' '{constants[0]}'", f"SELECT '{constants[1]}'"]
    kept = recorder.with_places()
    first, second = script(kept), script(kept)
    assert str(new) not in first
    assert new.hex not in first
    assert all(constant in first for constant in constants)
    assert first != second
    one = uuid.UUID(first.split("'")[1])
    assert one.version == 7
    assert f"UPDATE '{one.hex}'" in first
