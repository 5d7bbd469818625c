"""Sessions of pages, in the organization's schema, looked up only by keys that could be ours."""

from __future__ import annotations

import re

from django.contrib.sessions.backends.db import SessionStore as DatabaseStore

_KEY = re.compile(r"[a-z0-9]{32}\Z")


class SessionStore(DatabaseStore):
    """Django's own store; a cookie that is no key of it counts as none."""

    def __init__(self, session_key: str | None = None) -> None:
        super().__init__(session_key if session_key is not None and _KEY.match(session_key) else None)
