"""The production set-up: the compose file is valid and keeps its promises, and what it mounts does what it says."""

from __future__ import annotations

import os
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import psycopg
import pytest
import yaml

from config import embedded
from config.env import BASE_DIR, Environment
from config.env_example import WRITTEN
from config.servers.postgresql import find_binaries

SECRETS = ["POSTGRES_PASSWORD", "DATABASE_PASSWORD", "REDIS_PASSWORD", "SECRET_KEY", "JWT_KEYS", "METRICS_TOKEN"]
OURS = {"migrate", "web", "sockets", "worker", "beat"}
SECONDS = 60


def compose(env_file: Path) -> subprocess.CompletedProcess[str]:
    command = shutil.which("docker-compose")
    if command is None:
        pytest.skip("docker-compose is not installed")
    return subprocess.run(
        [command, "--env-file", str(env_file), "--file", "docker-compose.yml", "config"],
        cwd=BASE_DIR,
        env={"PATH": os.environ["PATH"], "HOME": str(env_file.parent)},
        capture_output=True,
        text=True,
        timeout=SECONDS,
        check=False,
    )


@pytest.fixture(scope="module")
def filled(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """`.env` as an operator fills it in."""
    path = tmp_path_factory.mktemp("compose") / "filled.env"
    path.write_text("".join(f"{name}=value-of-{name.lower()}\n" for name in SECRETS) + "BASE_DOMAIN=oficina.example\n")
    return path


@pytest.fixture(scope="module")
def services(filled: Path) -> dict[str, Any]:
    finished = compose(filled)
    assert finished.returncode == 0, finished.stderr
    found: dict[str, Any] = yaml.safe_load(finished.stdout)["services"]
    return found


def test_it_works(services: dict[str, Any]) -> None:
    assert set(services) == OURS | {"postgres", "redis", "nginx"}
    for name in OURS:
        assert services[name]["environment"]["DATABASE_URL"].startswith(
            "postgresql://oficina:value-of-database_password@"
        )
        assert services[name]["environment"]["BASE_DOMAIN"] == "oficina.example"


@pytest.mark.parametrize("missing", SECRETS)
def test_a_missing_secret_stops_it(filled: Path, tmp_path: Path, missing: str) -> None:
    partial = tmp_path / "partial.env"
    partial.write_text("".join(line for line in filled.open() if not line.startswith(f"{missing}=")))
    finished = compose(partial)
    assert finished.returncode != 0
    assert missing in finished.stderr


def test_no_secret_is_written_in_the_files() -> None:
    text = (BASE_DIR / "docker-compose.yml").read_text()
    for name in SECRETS:
        assert f"${{{name}:?" in text
    filled_in = [line for line in (BASE_DIR / ".env.example").read_text().splitlines() if line[:1].isalpha()]
    assert sorted(filled_in) == sorted(f"{name}=" for name in SECRETS)


def test_every_service_is_confined(services: dict[str, Any]) -> None:
    for name, service in services.items():
        assert service["read_only"], name
        assert service["cap_drop"] == ["ALL"], name
        assert "no-new-privileges:true" in service["security_opt"], name
        assert service["mem_limit"], name
        assert service["cpus"], name
        assert service["restart"] in {"unless-stopped", "on-failure"}, name


def test_every_service_that_answers_has_a_health_check(services: dict[str, Any]) -> None:
    assert {name for name, service in services.items() if "healthcheck" not in service} == {"migrate", "beat"}


def test_only_the_proxy_is_reached_from_outside(services: dict[str, Any]) -> None:
    assert [name for name, service in services.items() if service.get("ports")] == ["nginx"]
    assert set(services["nginx"]["networks"]) == {"outside"}
    assert [set(services[name]["networks"]) for name in ("postgres", "redis")] == [{"inside"}, {"inside"}]


@pytest.mark.parametrize(("more", "published"), [("", "8080"), ("HTTP_PORT=443\nPROXY_PORT=8443\n", "8443")])
def test_one_port_alone_is_published(filled: Path, tmp_path: Path, more: str, published: str) -> None:
    """With TLS nothing is reached in the clear."""
    chosen = tmp_path / "chosen.env"
    chosen.write_text(filled.read_text() + more)
    finished = compose(chosen)
    assert finished.returncode == 0, finished.stderr
    [port] = yaml.safe_load(finished.stdout)["services"]["nginx"]["ports"]
    assert (port["target"] if isinstance(port, dict) else int(port.split(":")[1])) == int(published)


def test_every_variable_reaches_the_processes(services: dict[str, Any]) -> None:
    known = {name.upper() for name in Environment.model_fields}
    chosen_by_the_command = {"HOST", "PORT"}
    for name in OURS:
        given = {variable for variable in services[name]["environment"] if not variable.startswith("AWS_")}
        assert given == known - chosen_by_the_command, name


@pytest.mark.parametrize("name", WRITTEN)
def test_what_lists_the_variables_is_written_from_the_source(name: str) -> None:
    text = (BASE_DIR / name).read_text()
    assert text == WRITTEN[name](text), "run `make env`"
    assert not [variable for variable in Environment.model_fields if variable.upper() not in text]


def test_no_command_line_holds_a_secret(services: dict[str, Any]) -> None:
    commands = [str(service.get("command")) + str(service.get("healthcheck")) for service in services.values()]
    assert not [command for command in commands if "value-of" in command]


@pytest.fixture
def prepared(own_servers: embedded.EmbeddedServers) -> Iterator[str]:
    """A server on which the image's first-start script ran, with the embedded database out of its way."""
    server = own_servers.postgresql
    assert server
    superuser = f"host={server.sockets} user=postgres password={server.superuser_password} dbname=postgres"
    with psycopg.connect(superuser, autocommit=True) as connection:
        connection.execute("DROP DATABASE oficina")
        connection.execute("DROP ROLE oficina")
    subprocess.run(
        [find_binaries() / "psql", superuser, "--file", BASE_DIR / "deploy" / "postgres" / "10-oficina.sql"],
        env={"DATABASE_PASSWORD": "it's a password"},
        check=True,
        capture_output=True,
        timeout=SECONDS,
    )
    yield f"host={server.sockets} user=oficina password='it\\'s a password' dbname=oficina"
    assert "it's a password" not in server.log.read_text()


def test_the_first_start_of_the_database_makes_a_role_that_is_no_superuser(prepared: str) -> None:
    with psycopg.connect(prepared, autocommit=True) as connection:
        row = connection.execute(
            "SELECT rolsuper, rolbypassrls, rolcreaterole FROM pg_roles WHERE rolname = current_user"
        ).fetchone()
        assert row == (False, False, True)
        connection.execute("CREATE ROLE oficina_t_1 NOLOGIN")
        connection.execute("SET ROLE oficina_t_1")
        connection.execute("RESET ROLE")
        connection.execute("CREATE EXTENSION btree_gist")
        connection.execute("CREATE SCHEMA t_1")
