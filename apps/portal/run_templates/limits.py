"""Every bound of a run template in one place."""

from typing import Final

MAX_ARGUMENTS: Final = 100
MAX_ENVIRONMENT: Final = 100
MAX_DEFAULTS: Final = 200
MAX_ALIASES: Final = 100
MAX_TEMPLATE: Final = 2_000
MAX_CONSTANT: Final = 4_000
MAX_TEMPLATE_BYTES: Final = 256 * 1024

MAX_RENDERED_BYTES: Final = 32 * 1024
"""One argument or value: what a run takes. Linux refuses to start a program with a string of 128 KiB."""
MAX_RENDERED_TOTAL_BYTES: Final = 1_000_000
"""All of them together: Linux gives them a quarter of the stack, 2 MiB as a rule."""
