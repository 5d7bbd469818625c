"""What lists are searched with."""

from __future__ import annotations

from typing import Any

from rest_framework import serializers


class SearchField(serializers.CharField):
    """A word to look for. An empty one, as of a search box that was cleared, finds everything."""

    def __init__(self, **options: Any) -> None:
        super().__init__(**{"max_length": 200, "required": False, "allow_blank": True} | options)
