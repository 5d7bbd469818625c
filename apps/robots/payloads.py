"""What travels between doors and services of robots, and the rules of its values."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

import orjson
from django.core.files.base import File
from django.utils.translation import gettext_lazy as _

from apps.common.errors import BadRequest
from apps.robots.errors import InvalidEnvironment, InvalidSchedule
from apps.tenants.calendars import zone_names

MAXIMUM_ARGUMENTS = 200
MAXIMUM_KEYS = 200
MAXIMUM_TEXT_BYTES = 32 * 1024
MAXIMUM_TOTAL_BYTES = 256 * 1024  # of arguments, and of variables; Linux takes some 2 MiB of both, lists show many runs
MAXIMUM_PARAMETERS_BYTES = 256 * 1024
HUGE = 2**63

# What Oficina itself sets, and what would let other code run in place of the robot's.
RESERVED_PREFIXES = ("OFICINA_", "LD_", "DYLD_", "BASH_FUNC_", "GCONV_", "UV_")
RESERVED_NAMES = frozenset(
    {
        "PATH", "HOME", "PWD", "SHELL", "TMPDIR", "IFS", "ENV", "BASH_ENV", "SHELLOPTS", "BASHOPTS", "PS4",
        "PYTHONPATH", "PYTHONHOME", "PYTHONSTARTUP", "PYTHONUSERBASE", "PYTHONEXECUTABLE", "PYTHONINSPECT",
        "PYTHONBREAKPOINT", "PYTHONWARNINGS", "PYTHONPLATLIBDIR", "PYTHONPYCACHEPREFIX", "NODE_OPTIONS", "NODE_PATH",
        "PERL5LIB", "PERL5OPT", "RUBYLIB", "RUBYOPT", "JAVA_TOOL_OPTIONS", "_JAVA_OPTIONS", "JDK_JAVA_OPTIONS",
        "ROBOT_OPTIONS", "REBOT_OPTIONS", "ROBOT_SYSLOG_FILE", "LUA_INIT", "DOTNET_STARTUP_HOOKS",
        "LOCPATH", "NLSPATH", "MALLOC_CONF", "GLIBC_TUNABLES", "HOSTALIASES", "RES_OPTIONS", "RESOLV_HOST_CONF",
    }
)  # fmt: skip
_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_]{0,127}\Z")


@dataclass(frozen=True, slots=True)
class ServiceReference:
    """The portal's service behind a run, as plain values: robots know nothing of the portal."""

    id: UUID
    title: str
    revision: int


@dataclass(frozen=True, slots=True)
class Upload:
    """A file that has come in: it lies on disk and can be read from any place."""

    name: str
    file: File[Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class Publication:
    """All that is said about a version beside its file. An empty entrypoint is ``main.py`` or the single file.

    An empty type is what the file is: a program of its own, or by its ending; else PYTHON.
    """

    version: str
    channel: str = "stable"
    entrypoint_path: str = ""
    entrypoint_type: str = ""
    arguments: Sequence[str] = ()
    env_vars: Mapping[str, str] = field(default_factory=dict)
    required_env_keys: Sequence[str] = ()
    working_directory: str = ""
    changelog: str = ""
    commit_sha: str = ""
    branch: str = ""
    build_url: str = ""
    activate: bool = True


def zone_checked(value: str, *, name: str) -> str:
    """A name of the IANA database, for other zones differ between machines; raises ``InvalidSchedule``."""
    if value not in zone_names():
        detail = _("Unknown time zone: %(name)s") % {"name": value[:64]}
        raise InvalidSchedule(detail, errors={name: [detail]})
    return value


def arguments_checked(values: Any, *, name: str) -> list[str]:
    """A list of strings fit for a command line; raises ``BadRequest`` that names the field."""
    if not isinstance(values, Sequence) or isinstance(values, str) or not all(isinstance(v, str) for v in values):
        raise _refused(name, _("An array of strings is expected."))
    if len(values) > MAXIMUM_ARGUMENTS:
        raise _refused(name, _("At most %(count)s arguments are taken.") % {"count": MAXIMUM_ARGUMENTS})
    _check_texts(values, name)
    return list(values)


def environment_checked(values: Any, *, name: str) -> dict[str, str]:
    """An environment of strings; raises ``BadRequest``, or ``InvalidEnvironment`` for names that cannot be set."""
    if not isinstance(values, Mapping) or not all(isinstance(value, str) for value in values.values()):
        raise _refused(name, _("An object of strings is expected."))
    if len(values) > MAXIMUM_KEYS:
        raise _refused(name, _("At most %(count)s variables are taken.") % {"count": MAXIMUM_KEYS})
    _check_texts(list(values.values()), name)
    names_checked(list(values), name=name)
    return dict(values)


def names_checked(names: Any, *, name: str) -> list[str]:
    """Names of environment variables that may be set; raises ``InvalidEnvironment`` naming those that may not."""
    names = arguments_checked(names, name=name)
    wrong = sorted(key for key in names if not _NAME.match(key))
    if wrong:
        detail = _("Not names of environment variables: %(names)s.") % {"names": ", ".join(map(ascii, wrong))}
        raise InvalidEnvironment(detail, errors={name: [detail]}, extra={"keys": wrong})
    reserved = sorted(key for key in names if _is_reserved(key))
    if reserved:
        detail = _("These names are reserved: %(names)s.") % {"names": ", ".join(reserved)}
        raise InvalidEnvironment(detail, errors={name: [detail]}, extra={"keys": reserved})
    return list(dict.fromkeys(names))


def _is_reserved(key: str) -> bool:
    return key.upper() in RESERVED_NAMES or key.upper().startswith(RESERVED_PREFIXES)


def parameters_checked(values: Any, *, name: str) -> dict[str, Any]:
    """A JSON object of moderate size that PostgreSQL can keep; raises ``BadRequest``."""
    if not isinstance(values, Mapping):
        raise _refused(name, _("An object is expected."))
    try:
        written = orjson.dumps(dict(values))
    except orjson.JSONEncodeError as error:
        raise _refused(name, _("This cannot be written as JSON.")) from error
    if len(written) > MAXIMUM_PARAMETERS_BYTES:
        raise _refused(name, _("The parameters are too long."))
    if b"\\u0000" in written:
        raise _refused(name, _("NUL characters are not taken."))
    if _has_huge_number(values):
        raise _refused(name, _("Numbers beyond 64 bits are not taken."))
    return dict(values)


def _has_huge_number(value: Any) -> bool:
    """PostgreSQL would give 1e25 back as an integer that few can read."""
    if isinstance(value, Mapping):
        return any(_has_huge_number(inner) for inner in value.values())
    if isinstance(value, list | tuple):
        return any(_has_huge_number(inner) for inner in value)
    return isinstance(value, int | float) and not -HUGE <= value < HUGE


def _check_texts(texts: Sequence[str], name: str) -> None:
    total = sum(_checked_size(text, name) for text in texts)
    if total > MAXIMUM_TOTAL_BYTES:
        raise _refused(name, _("All texts together are longer than %(bytes)s bytes.") % {"bytes": MAXIMUM_TOTAL_BYTES})


def _checked_size(text: str, name: str) -> int:
    if "\0" in text:
        raise _refused(name, _("NUL characters are not taken."))
    try:
        size = len(text.encode())
    except UnicodeEncodeError as error:
        raise _refused(name, _("This is not valid Unicode.")) from error
    if size > MAXIMUM_TEXT_BYTES:
        raise _refused(name, _("A text is longer than %(bytes)s bytes.") % {"bytes": MAXIMUM_TEXT_BYTES})
    return size


def _refused(name: str, text: Any) -> BadRequest:
    return BadRequest(text, errors={name: [text]})
