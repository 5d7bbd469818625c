#!/usr/bin/env python
"""Django's command line; with no DATABASE_URL or REDIS_URL it uses the embedded servers under DATA_DIR."""

import os
import sys

from config import embedded


def main() -> None:
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
    embedded.activate()
    from django.core.management import execute_from_command_line

    execute_from_command_line(sys.argv)


if __name__ == "__main__":
    main()
