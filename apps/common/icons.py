"""Our icons: paths on a grid of 24, drawn with strokes in the colour of the text beside them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

OF_THINGS: Final = (
    "bars",
    "box",
    "clock",
    "file",
    "folder",
    "globe",
    "keyboard",
    "link",
    "lock",
    "person",
    "search",
    "settings",
    "workshop",
)
"""Those that people may name for things of theirs."""
ICONS: Final[Mapping[str, str]] = {
    "again": "M20 11a8 8 0 1 0-2.3 6.2M20 4.5V11h-6.5",
    "alert": "M12 8.5v4.5M12 16.5v.01M12 3.5 21.5 20h-19z",
    "arrow-down": "M12 4v15M5.5 12.5 12 19l6.5-6.5",
    "back": "M19 12H5M11 6l-6 6 6 6",
    "bars": "M5 20V11M12 20V4M19 20v-6",
    "box": "M4 8l8-4.5L20 8v8l-8 4.5L4 16zM4 8l8 4.5L20 8M12 12.5v8",
    "check": "M5 12.5l4.5 4.5L19 7.5",
    "chevron": "M9 6l6 6-6 6",
    "clock": "M12 3.5a8.5 8.5 0 1 0 0 17 8.5 8.5 0 0 0 0-17zM12 7.5V12l3 2",
    "close": "M6 6l12 12M18 6 6 18",
    "copy": "M9 9h10.5v11H9zM15 9V4.5H4.5v11H9",
    "down": "M6 9.5l6 6 6-6",
    "download": "M12 4v11M6.5 10.5 12 16l5.5-5.5M4.5 20h15",
    "eye": "M2.5 12S6 5.5 12 5.5 21.5 12 21.5 12 18 18.5 12 18.5 2.5 12 2.5 12zM12 9.3a2.7 2.7 0 1 0 0 5.4 2.7 "
    "2.7 0 0 0 0-5.4z",
    "file": "M6 3.5h8l4.5 4.5v12.5H6zM13.5 3.5V8.5h5",
    "folder": "M3.5 6.5h6l2 2.5h9v10h-17z",
    "globe": "M12 3.5a8.5 8.5 0 1 0 0 17 8.5 8.5 0 0 0 0-17zM3.5 12h17M12 3.5c2.5 2.5 3.5 5.3 3.5 8.5s-1 6-3.5 "
    "8.5c-2.5-2.5-3.5-5.3-3.5-8.5s1-6 3.5-8.5z",
    "info": "M12 3.5a8.5 8.5 0 1 0 0 17 8.5 8.5 0 0 0 0-17zM12 11v5M12 8v.01",
    "keyboard": "M3 7h18v10.5H3zM7 10.5v.01M11 10.5v.01M15 10.5v.01M18 10.5v.01M8 14h8",
    "link": "M10 14a4 4 0 0 0 5.7 0l3-3A4 4 0 0 0 13 5.3l-1 1M14 10a4 4 0 0 0-5.7 0l-3 3A4 4 0 0 0 11 18.7l1-1",
    "lock": "M6 11h12v9H6zM8.5 11V8a3.5 3.5 0 0 1 7 0v3",
    "out": "M14 4.5H5v15h9M10 12h10M16.5 8.5 20 12l-3.5 3.5",
    "person": "M12 4a4 4 0 1 0 0 8 4 4 0 0 0 0-8zM4.5 20c.8-3.5 3.8-5.5 7.5-5.5s6.7 2 7.5 5.5",
    "play": "M7 4.5v15l12.5-7.5z",
    "plus": "M12 5v14M5 12h14",
    "search": "M10.5 4a6.5 6.5 0 1 0 0 13 6.5 6.5 0 0 0 0-13zM15.5 15.5 20.5 20.5",
    "settings": "M4 7h9M17 7h3M4 17h3M11 17h9M15 4.8a2.2 2.2 0 1 0 0 4.4 2.2 2.2 0 0 0 0-4.4zM9 14.8a2.2 2.2 0 1 0 0 "
    "4.4 2.2 2.2 0 0 0 0-4.4z",
    "stop": "M6.5 6.5h11v11h-11z",
    "up": "M6 14.5l6-6 6 6",
    "upload": "M12 15V4M6.5 9.5 12 4l5.5 5.5M4.5 20h15",
    "workshop": "M4.5 19.5l7-7M16.5 3.8a5 5 0 1 0 3.7 6.9l-3.4.3-2.3-2.3.3-3.4a5 5 0 0 1 1.7-1.5z",
    "wrap": "M4 6h16M4 12h12.5a3.2 3.2 0 0 1 0 6.4H12M14.5 15.8 12 18.4l2.5 2.6M4 18.4h4",
}
