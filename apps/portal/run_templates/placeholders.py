"""`{name}` in text. A parser of our own: `str.format` would reach into objects (`{x.__class__}`) and fail late.

`{{` and `}}` are literal braces; between single braces stands a name and nothing else.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from django.utils.translation import gettext as _

from apps.portal.forms.errors import Refused

TOKEN: Final = re.compile(r"(?P<text>[^{}]+)|(?P<brace>\{\{|\}\})|\{(?P<name>[A-Za-z][A-Za-z0-9_]{0,79})\}")


@dataclass(frozen=True, slots=True)
class Literal:
    """Text that stands for itself."""

    text: str


@dataclass(frozen=True, slots=True)
class Reference:
    """A name whose value is put in its place."""

    name: str


@dataclass(frozen=True, slots=True)
class Template:
    """Text with placeholders, ready to be filled in."""

    parts: tuple[Literal | Reference, ...]

    @property
    def names(self) -> frozenset[str]:
        """The names it refers to."""
        return frozenset(part.name for part in self.parts if isinstance(part, Reference))

    def only_name(self) -> str | None:
        """Return the name when the template is one placeholder and nothing else."""
        first = self.parts[0] if len(self.parts) == 1 else None
        return first.name if isinstance(first, Reference) else None

    def fill(self, texts: Mapping[str, str]) -> str:
        """Put the texts in; a name without one renders empty."""
        return "".join(part.text if isinstance(part, Literal) else texts.get(part.name, "") for part in self.parts)


def compile_template(text: str, *, rule: str) -> Template:
    """Return the template, or refuse it by saying where its braces go wrong."""
    parts: list[Literal | Reference] = []
    position = 0
    while position < len(text):
        token = TOKEN.match(text, position)
        if token is None:
            message = _("a brace at position %(position)d is not of the form {name}, {{ or }}.")
            raise Refused(rule, message % {"position": position + 1})
        parts.append(Reference(token["name"]) if token["name"] else Literal(token["text"] or token["brace"][0]))
        position = token.end()
    return Template(tuple(parts))
