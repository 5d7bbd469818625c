"""Tables of people on the wire."""

from __future__ import annotations

from rest_framework import serializers

from apps.common.api import InputSerializer, OutputSerializer, SearchField


class UserImportInput(InputSerializer):
    """``multipart/form-data`` with the table in the part ``file``."""

    file = serializers.FileField(max_length=255, allow_empty_file=True)
    dry_run = serializers.BooleanField(
        required=False, default=False, help_text="Tell what would be, and write nothing."
    )


class UserImportFaultOutput(OutputSerializer):
    """What is wrong in one line."""

    line = serializers.IntegerField(help_text="Where it begins in the file, the first line being 1.")
    field = serializers.CharField(help_text="The column; empty for the line as a whole.")
    message = serializers.CharField()


class UserImportOutput(OutputSerializer):
    """With errors nothing is written, and ``created`` and ``updated`` are 0 but in a dry run."""

    created = serializers.IntegerField()
    updated = serializers.IntegerField()
    errors = UserImportFaultOutput(many=True)  # type: ignore[assignment]  # output has no errors of its own


class UserExportQuery(InputSerializer):
    format = serializers.ChoiceField(choices=["csv"], default="csv")
    separator = serializers.ChoiceField(choices=["comma", "semicolon", "tab"], default="comma")
    search = SearchField(help_text="In address, name and user name.")
    role = serializers.CharField(max_length=60, required=False)
    is_active = serializers.BooleanField(required=False)
