"""How many live options are shown; an answer beyond them is still found, because it is looked up by value."""

from typing import Final

MAX_SHOWN: Final = 500
