"""How connections to PostgreSQL are opened, from DATABASE_URL."""

from __future__ import annotations

from psycopg.conninfo import make_conninfo

from config.settings import TCP_OPTIONS, _database


def test_it_works() -> None:
    made = _database("postgresql://us%40er:p%2Fw@db.example:5433/name?sslmode=require")
    assert (made["USER"], made["PASSWORD"], made["HOST"], made["PORT"]) == ("us@er", "p/w", "db.example", 5433)
    assert made["NAME"] == "name"
    assert made["OPTIONS"]["sslmode"] == "require"


def test_a_server_that_is_gone_is_missed_soon() -> None:
    options = _database("postgresql://u:p@h/n")["OPTIONS"]
    assert options.items() >= TCP_OPTIONS.items()
    assert make_conninfo(**options)  # libpq knows every one of them
    silence = TCP_OPTIONS["keepalives_idle"] + TCP_OPTIONS["keepalives_interval"] * TCP_OPTIONS["keepalives_count"]
    assert silence <= 30


def test_what_the_url_says_wins() -> None:
    assert _database("postgresql://u:p@h/n?keepalives_idle=99")["OPTIONS"]["keepalives_idle"] == "99"


def test_a_unix_socket() -> None:
    made = _database("postgresql://u:p@/n?host=/run/postgresql&port=5433")
    assert (made["HOST"], made["PORT"]) == ("/run/postgresql", "5433")
