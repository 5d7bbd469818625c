"""Every bound of a form in one place, so that no form, however hostile, costs more than this."""

from typing import Final

MAX_FIELDS: Final = 100
MAX_OPTIONS: Final = 500
MAX_SCHEMA_BYTES: Final = 256 * 1024

MAX_KEY: Final = 80
MAX_LABEL: Final = 120
MAX_HELP_TEXT: Final = 500
MAX_PLACEHOLDER: Final = 200
MAX_OPTION_LABEL: Final = 200
MAX_OPTION_VALUE: Final = 200
MAX_DEPENDENCIES: Final = 5
MAX_FILTER_ENTRIES: Final = 20
MAX_FILTER_VALUE: Final = 200

MAX_REGEX: Final = 500
REGEX_MEMORY_BYTES: Final = 1024 * 1024

MAX_TEXT: Final = 4_000
MAX_TEXTAREA: Final = 20_000
MAX_NUMBER_TEXT: Final = 64
MAX_CHOICES: Final = 500
MAX_FILE_BYTES: Final = 128 * 1024
"""All parameters of a run together may take 256 KiB as JSON; base64 makes a file a third larger."""
MAX_FILE_NAME: Final = 200

MIN_INTEGER: Final = -(2**63)
MAX_INTEGER: Final = 2**63 - 1
"""Whole numbers stay inside 64 bits: a robot in any language can hold them."""

MAX_UNKNOWN_SHOWN: Final = 20
"""How many unknown parameters an answer names; the rest of a flood is counted, not repeated."""
