"""Names of environment variables a service may set.

Those that decide *which code* runs, or that the platform itself sets, are refused: a form must not be a way to make
a robot load someone else's library or to forge where its artifacts go.
"""

import re
from typing import Final

from django.utils.translation import gettext as _

from apps.portal.forms.errors import Refused
from apps.portal.forms.texts import printable

NAME: Final = re.compile(r"[A-Za-z_][A-Za-z0-9_]{0,126}")
RESERVED_PREFIXES: Final = ("OFICINA_", "LD_", "DYLD_", "BASH_FUNC_", "GCONV_", "UV_")
RESERVED: Final = frozenset(
    {
        "PATH", "HOME", "LANG", "TZ", "PWD", "SHELL", "TMPDIR", "IFS", "ENV", "BASH_ENV", "SHELLOPTS", "BASHOPTS",
        "PS4", "PYTHONPATH", "PYTHONHOME", "PYTHONSTARTUP", "PYTHONUSERBASE", "PYTHONEXECUTABLE",
        "PYTHONINSPECT", "PYTHONBREAKPOINT", "PYTHONWARNINGS", "PYTHONPLATLIBDIR", "PYTHONPYCACHEPREFIX",
        "NODE_OPTIONS", "NODE_PATH",
        "PERL5LIB", "PERL5OPT", "RUBYLIB", "RUBYOPT", "JAVA_TOOL_OPTIONS", "_JAVA_OPTIONS", "JDK_JAVA_OPTIONS",
        "LOCPATH", "NLSPATH", "MALLOC_CONF", "GLIBC_TUNABLES", "HOSTALIASES", "RES_OPTIONS", "RESOLV_HOST_CONF",
    }
)  # fmt: skip


def check_name(name: str, *, rule: str) -> str:
    """Return the name, or refuse one that is malformed or reserved."""
    if not NAME.fullmatch(name):
        message = _("'%(name)s' is not a valid name for an environment variable.")
        raise Refused(rule, message % {"name": printable(name)})
    if name.upper() in RESERVED or name.upper().startswith(RESERVED_PREFIXES):
        raise Refused(rule, _("'%(name)s' is reserved.") % {"name": name})
    return name
