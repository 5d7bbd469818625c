"""The environment, read once and typed: every variable the product knows, its default and its meaning.

Nothing else reads ``os.environ``. A value that makes no sense stops the program with the name of the variable.
Any variable may also be given as ``NAME_FILE``, the path of a file that holds the value (for secrets).
"""

from __future__ import annotations

import os
from base64 import b64decode
from collections.abc import Callable
from functools import lru_cache
from ipaddress import ip_network
from pathlib import Path
from typing import Annotated, Any, ClassVar, Literal, Self
from urllib.parse import urlsplit

from limits import parse_many
from pydantic import AfterValidator, Field, ValidationError, field_validator, model_validator
from pydantic_settings import BaseSettings, NoDecode, PydanticBaseSettingsSource, SettingsConfigDict

from config.mail import OUTBOX, mail_server, sender

SIGNING_KEY_BYTES = 32  # RFC 7518: an HMAC key is no shorter than its hash
BASE_DIR = Path(__file__).resolve().parent.parent


def _rate(value: str) -> str:
    parse_many(value)
    return value


def _signing_keys(value: str) -> str:
    """Refuses what could not sign: every entry is a name of its own and 32 bytes or more in base64."""
    names = []
    for entry in value.split(","):
        name, _colon, key = entry.strip().partition(":")
        if not name or len(b64decode(key, validate=True)) < SIGNING_KEY_BYTES:
            raise ValueError(f"not kid:base64 of {SIGNING_KEY_BYTES} bytes or more")
        names.append(name)
    if len(set(names)) < len(names):
        raise ValueError("two keys of one name")
    return value


def _origin(value: str) -> str:
    """Refuses what is no scheme and host; one slash at its end is forgiven."""
    origin, parts = value.rstrip("/"), urlsplit(value)
    known = parts.scheme in {"http", "https"} and parts.hostname and parts.port != 0 and not parts.username
    if value and not (known and origin == f"{parts.scheme}://{parts.netloc}"):
        raise ValueError("not http://host or https://host, with or without a port")
    return origin


def _address(*schemes: str) -> Callable[[str], str]:
    """Refuses what no server of this kind is reached by, without the address, which may hold a password."""

    def check(value: str) -> str:
        try:
            known = urlsplit(value).scheme in schemes and urlsplit(value).port != 0
        except ValueError:
            known = False
        if not known:
            raise ValueError(f"not {' or '.join(f'{scheme}://…' for scheme in schemes)}, its port a number")
        return value

    return check


def _bucket(value: str) -> str:
    if value and not (value.startswith("s3://") and urlsplit(value).netloc):
        raise ValueError("not s3://bucket or s3://bucket/prefix")
    return value


def _network(value: str) -> str:
    ip_network(value, strict=False)
    return value


def _mail_server(value: str) -> str:
    mail_server(value)
    return value


def _sender(value: str) -> str:
    return sender(value) if value else ""


Rate = Annotated[str, AfterValidator(_rate)]
CommaSeparated = Annotated[tuple[str, ...], NoDecode]
Network = Annotated[str, AfterValidator(_network)]


class FileSource(PydanticBaseSettingsSource):
    """Reads ``NAME_FILE`` where ``NAME`` itself is not set."""

    def get_field_value(self, field: Any, field_name: str) -> tuple[Any, str, bool]:
        path = os.environ.get(f"{field_name.upper()}_FILE")
        return (Path(path).read_text(encoding="utf-8").rstrip("\n") if path else None), field_name, False

    def __call__(self) -> dict[str, Any]:
        values = {name: self.get_field_value(field, name)[0] for name, field in self.settings_cls.model_fields.items()}
        return {name: value for name, value in values.items() if value is not None}


class Environment(BaseSettings):
    # Django's settings ask each value for this at every use; pydantic would take its time to say that it has none.
    _mask_wrapped: ClassVar[bool] = True
    model_config = SettingsConfigDict(case_sensitive=False, extra="ignore", frozen=True, hide_input_in_errors=True)

    # --- program
    debug: bool = Field(False, description="Development mode: readable logs, mail on the console, any CORS origin.")
    secret_key: str = Field(..., min_length=32, description="Django's secret key, 32 characters or more.")
    jwt_keys: Annotated[str, AfterValidator(_signing_keys)] = Field(
        ...,
        min_length=40,
        description="Signing keys of access tokens, `kid:base64` separated by commas; the first signs, all verify, "
        "until `manage.py rotate_signing_key` makes keys of its own.",
    )
    base_domain: str = Field("localhost", description="Shared host; organizations live at <slug>.<BASE_DOMAIN>.")
    shared_hosts: CommaSeparated = Field(
        ("127.0.0.1", "[::1]"), description="Other names of the shared host, comma separated."
    )
    public_url: Annotated[str, AfterValidator(_origin)] = Field(
        "", description="How browsers reach the shared host, with scheme and port; for links in mails."
    )
    host: str = Field("127.0.0.1", description="Address the web process binds to.")
    port: int = Field(8000, ge=1, le=65535, description="Port the web process binds to.")
    data_dir: Path = Field(BASE_DIR / ".data", description="Embedded servers, storage and caches live here.")
    log_format: Literal["json", "console"] = Field("json", description="Log lines as JSON or for people.")
    log_level: Literal["DEBUG", "INFO", "WARNING", "ERROR"] = Field("INFO", description="Lowest level logged.")
    language_code: Literal["en", "pt-br"] = Field("en", description="Default language: en or pt-br.")

    # --- servers
    database_url: Annotated[str, AfterValidator(_address("postgresql", "postgres"))] = Field(
        ..., description="PostgreSQL ≥ 15: postgresql://user:password@host:port/name."
    )
    redis_url: Annotated[str, AfterValidator(_address("redis", "rediss", "unix"))] = Field(
        ..., description="Redis ≥ 6.2: redis://:password@host:port/0 or unix://:password@/path?db=0."
    )
    database_max_age: int = Field(600, ge=0, description="Seconds a database connection is kept.")
    database_max_organizations: int = Field(
        100,
        ge=1,
        description="Organizations that a database connection serves before another takes its place, or 25 where it "
        "hardly ever comes back to one; PostgreSQL keeps some 200 kB of each in its memory.",
    )
    web_processes: int = Field(
        2, ge=1, le=64, description="Processes that answer HTTP in production, behind one port (python -m config.web)."
    )
    web_threads: int = Field(16, ge=1, le=256, description="Threads of a web process that answer HTTP.")

    # --- tenancy
    tenant_roles: Literal["on", "off"] = Field("on", description="One PostgreSQL role per organization.")
    tenant_spares: int = Field(2, ge=0, le=100, description="Prepared schemas kept for new organizations.")
    organization_cache_seconds: float = Field(5, ge=0, le=60, description="How long a host's organization is cached.")
    organization_purge_days: int = Field(
        7, ge=0, le=365, description="Days an organization must have been suspended before it can be purged."
    )

    # --- web
    cors_allowed_origins: CommaSeparated = Field((), description="Origins allowed to call the API from a browser.")
    trusted_proxies: Annotated[tuple[Network, ...], NoDecode] = Field(
        (),
        description="Networks whose X-Forwarded-For is believed: of proxies that drop names with underscores, as nginx "
        "does.",
    )
    secure_cookies: bool = Field(False, description="Cookies over TLS only, under names with `__Host-`, and HSTS.")
    max_body_bytes: int = Field(10 * 1024**2, ge=1024, description="Largest request body in bytes, uploads aside.")
    max_upload_bytes: int = Field(512 * 1024**2, ge=1024, description="Largest uploaded artifact in bytes.")
    metrics_token: str = Field("", description="Bearer token of /metrics; without it only loopback may read it.")

    # --- mail
    email_url: Annotated[str, AfterValidator(_mail_server)] = Field(
        "",
        description="SMTP server: smtp://user:password@host:587 (STARTTLS; ?starttls=off without) or smtps://…:465. "
        "outbox: prints and keeps mails instead, for development. Empty: mails wait; with DEBUG as outbox:.",
    )
    mail_from: Annotated[str, AfterValidator(_sender)] = Field(
        "", description="Sender of mails, `Name <address>`; by default no-reply@BASE_DOMAIN."
    )

    # --- sign-in with accounts of other systems
    oidc_allowed_hosts: CommaSeparated = Field(
        (),
        description="Hosts of OpenID Connect issuers that may be reached by http and at private addresses, as written "
        "in the issuer, with or without a port, comma separated; all others by https and globally.",
    )

    # --- limits, in the notation of the `limits` library
    rate_limit_register: Rate = Field("3/hour", description="New organizations per address.")
    rate_limit_login: Rate = Field("5/minute", description="Sign-in attempts per address and per e-mail.")
    rate_limit_refresh: Rate = Field("60/minute", description="Token refreshes per address.")
    rate_limit_oidc: Rate = Field("60/minute", description="Sign-ins at an organization's issuer per address.")
    rate_limit_oidc_setup: Rate = Field(
        "10/minute", description="Changes and checks of an organization's issuer, per organization."
    )
    rate_limit_oidc_keys: Rate = Field(
        "2/minute", description="Looks at an issuer's keys for one that is not known, per organization."
    )
    rate_limit_forgot_password: Rate = Field(
        "3/minute,10/hour", description="Requests for a new password per address and per e-mail."
    )
    rate_limit_invitation: Rate = Field("100/hour", description="Invitations mailed per organization.")
    rate_limit_import_invitation: Rate = Field(
        "5000/day", description="Invitations mailed per organization to people imported from a table."
    )
    rate_limit_import: Rate = Field(
        "10/minute", description="Imports of people from a table per organization, dry runs included."
    )
    rate_limit_support: Rate = Field(
        "20/hour", description="Times that one administrator of the platform asks for access to organizations."
    )
    rate_limit_api: Rate = Field("600/minute", description="Requests per user, pages and sockets included, or API key.")
    rate_limit_api_keys: Rate = Field("6000/minute", description="Requests of all API keys of one person together.")
    rate_limit_anonymous: Rate = Field("300/minute", description="Requests without credentials per address.")

    # --- sign-in
    support_grant_minutes: int = Field(
        30, ge=1, le=240, description="How long support of the platform may enter an organization that lets it."
    )
    access_token_seconds: int = Field(900, ge=60, le=86_400, description="Life of an access token.")
    refresh_token_days: int = Field(7, ge=1, le=90, description="Life of a refresh token.")
    refresh_family_days: int = Field(
        30, ge=1, le=365, description="Days after a sign-in until its tokens cannot be refreshed any more."
    )
    session_idle_hours: int = Field(
        24, ge=1, le=336, description="Hours without a page until a browser is signed out; two weeks in any case."
    )
    refresh_grace_seconds: int = Field(10, ge=0, le=60, description="How long a rotated refresh token still works.")
    api_keys_per_person: int = Field(
        1000, ge=1, le=10_000, description="API keys that one person may hold at once; expired ones do not count."
    )
    socket_ticket_seconds: int = Field(30, ge=5, le=300, description="Life of a WebSocket ticket.")

    demo_password: str = Field("", description="Password of the demo's accounts, for `manage.py seed_demo`.")

    # --- dispatch and executions
    lease_seconds: float = Field(
        30,
        ge=1,
        le=3600,
        description="A worker silent this long has lost its work; it stops its robots before, if it cannot renew.",
    )
    worker_slots: int = Field(4, ge=1, le=512, description="Executions at once in one worker process.")
    worker_queues: CommaSeparated = Field(("robots.default",), description="Queues a worker process serves.")
    worker_grace_seconds: float = Field(
        20, ge=0, le=3600, description="How long a worker that is told to stop lets its executions finish."
    )
    cancel_grace_seconds: float = Field(5, ge=0, le=300, description="From TERM to KILL when a run is cancelled.")
    run_timeout_seconds: int = Field(3600, ge=1, description="Default time limit of a run.")
    log_max_lines: int = Field(
        200_000, ge=100, description="Lines kept of a log: most from its head, the rest from its tail."
    )
    log_max_bytes: int = Field(64 * 1024**2, ge=65_536, description="Bytes kept of a log.")
    artifacts_max_count: int = Field(100, ge=0, description="Artifacts a run may leave.")
    artifacts_max_bytes: int = Field(256 * 1024**2, ge=0, description="Bytes of artifacts a run may leave.")
    retention_days: int = Field(
        90,
        ge=1,
        le=3650,
        description="Days to keep runs, logs and artifacts, where an organization does not say otherwise.",
    )

    # --- robots
    robot_sandbox: Literal["auto", "required", "off"] = Field(
        "auto", description="bubblewrap: used when present, required, or never."
    )
    robot_network: Literal["host", "none"] = Field("host", description="Network a robot sees.")
    robot_spares: int = Field(
        4, ge=0, le=100, description="Sandboxes a worker keeps ready for the robots to come (half a MiB each); 0: none."
    )
    robot_memory_bytes: int = Field(2 * 1024**3, ge=64 * 1024**2, description="Address space of a robot process.")
    robot_processes: int = Field(256, ge=4, description="Processes and threads of a robot.")
    robot_file_bytes: int = Field(1024**3, ge=1024**2, description="Largest file a robot may write.")
    package_max_files: int = Field(5000, ge=1, description="Files in a robot package.")
    package_max_bytes: int = Field(1024**3, ge=1024, description="Bytes of a robot package when unpacked.")
    canary_failure_percent: int = Field(
        20, ge=0, le=100, description="A canary that fails in more than this share of its runs is taken back."
    )
    canary_minimum_runs: int = Field(5, ge=1, description="Runs of a canary before its failure rate counts in full.")
    schedule_grace_seconds: int = Field(
        300, ge=1, description="A scheduled run missed for longer than this is skipped, not started late."
    )
    viewer_buffer_bytes: int = Field(128 * 1024, ge=65_536, description="Bytes of a live log that wait for one viewer.")
    viewer_stall_seconds: float = Field(
        5, gt=0, le=300, description="A viewer whose buffer is full and who reads nothing this long is cut off."
    )
    viewer_recheck_seconds: float = Field(
        10, gt=0, le=600, description="How often a live viewer's right is re-checked."
    )

    viewers_per_person: int = Field(
        500, ge=1, description="Live logs that one person, API keys included, watches at once in one web process."
    )

    # --- storage
    storage_url: Annotated[str, AfterValidator(_bucket)] = Field(
        "", description="s3://bucket/prefix for S3; empty keeps files under DATA_DIR/storage."
    )

    @field_validator(
        "shared_hosts", "cors_allowed_origins", "trusted_proxies", "oidc_allowed_hosts", "worker_queues", mode="before"
    )
    @classmethod
    def _split(cls, value: object) -> object:
        return tuple(part.strip() for part in value.split(",") if part.strip()) if isinstance(value, str) else value

    @model_validator(mode="after")
    def _keep_no_mails_in_production(self) -> Self:
        """Mails hold links that let in whoever reads them."""
        if self.secure_cookies and self.email_url == OUTBOX:
            raise ValueError("EMAIL_URL=outbox: is for development, SECURE_COOKIES is for production")
        return self

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,
        dotenv_settings: PydanticBaseSettingsSource,
        file_secret_settings: PydanticBaseSettingsSource,
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        return init_settings, env_settings, FileSource(settings_cls)


@lru_cache(maxsize=1)
def environment() -> Environment:
    """The environment of this process, validated on first use; ends the process where it is not right, and says why."""
    try:
        return Environment()  # type: ignore[call-arg]  # filled from the environment
    except ValidationError as error:
        raise SystemExit(_refusal(error)) from None


def _refusal(error: ValidationError) -> str:
    """A line for each variable, without its value: it may be a secret."""
    wrong = [(str(each["loc"][0]).upper() if each["loc"] else "together", each["msg"]) for each in error.errors()]
    lines = [f"  {name}: {message.removeprefix('Value error, ')}" for name, message in wrong]
    return "\n".join(["The environment is not right (README.md has the table of variables):", *lines])
