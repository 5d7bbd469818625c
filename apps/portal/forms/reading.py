"""Strict reading of one JSON object: each key is asked for by name, and a key nobody asked for is refused."""

from collections.abc import Mapping

from django.utils.translation import gettext as _

from apps.portal.forms.errors import Refused
from apps.portal.forms.texts import is_one_line, is_storable, listed


class ObjectReader:
    """Takes keys out of a JSON object; `null` counts as absent. `path` prefixes the rule in every error."""

    def __init__(self, data: object, *, path: str = "") -> None:
        if not isinstance(data, Mapping):
            raise Refused(path or "type", _("must be an object."))
        self._left: dict[str, object] = {str(key): value for key, value in data.items()}
        self._path = path

    def rule(self, key: str) -> str:
        """Return the full path of a key, as errors show it."""
        return f"{self._path}.{key}" if self._path else key

    def take(self, key: str) -> object:
        """Return the raw value, or None."""
        return self._left.pop(key, None)

    def text(self, key: str, *, longest: int, one_line: bool = True) -> str:
        """Return an optional text, empty when absent."""
        raw = self.take(key)
        return "" if raw is None else check_text(raw, rule=self.rule(key), longest=longest, one_line=one_line)

    def needed_text(self, key: str, *, longest: int) -> str:
        """Return a text that must be there and not blank."""
        text = self.text(key, longest=longest)
        if not text.strip():
            raise Refused(self.rule(key), _("is required, with 1 to %(longest)d characters.") % {"longest": longest})
        return text

    def flag(self, key: str) -> bool:
        """Return an optional boolean, false when absent."""
        raw = self.take(key)
        if raw is None:
            return False
        if not isinstance(raw, bool):
            raise Refused(self.rule(key), _("must be true or false."))
        return raw

    def list(self, key: str, *, longest: int) -> list[object]:
        """Return an optional list, empty when absent."""
        raw = self.take(key)
        if raw is None:
            return []
        if not isinstance(raw, list):
            raise Refused(self.rule(key), _("must be a list."))
        if len(raw) > longest:
            raise Refused(self.rule(key), _("has more than %(longest)d entries.") % {"longest": longest})
        return raw

    def finish(self) -> None:
        """Refuse what was not asked for."""
        if self._left:
            raise Refused(
                self.rule("").rstrip(".") or "keys", _("unknown keys: %(names)s.") % {"names": listed(self._left)}
            )


def check_text(raw: object, *, rule: str, longest: int, one_line: bool = True) -> str:
    """Return the raw value as text, or refuse it by naming the rule."""
    if not isinstance(raw, str):
        raise Refused(rule, _("must be text."))
    if len(raw) > longest:
        raise Refused(rule, _("has more than %(longest)d characters.") % {"longest": longest})
    if not is_storable(raw) or (one_line and not is_one_line(raw)):
        raise Refused(rule, _("has characters that are not allowed."))
    return raw
