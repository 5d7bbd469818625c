"""Fields that forms and JSON bodies share."""

from __future__ import annotations

from typing import Any

import orjson
from django.http import QueryDict
from django.utils.translation import gettext_lazy as _
from rest_framework import serializers

from apps.common.api import InputSerializer
from apps.robots.errors import InvalidPublication


class FormInputSerializer(InputSerializer):
    """Also reads ``multipart/form-data``: a field that is not there is not there, a repeated one is a list."""

    def to_internal_value(self, data: Any) -> Any:
        if isinstance(data, QueryDict):
            data = {name: values[0] if len(values) == 1 else values for name, values in data.lists()}
        return super().to_internal_value(data)


class JSONTextField(serializers.Field[Any, Any, Any, Any]):
    """JSON as a form carries it, as text; where the body is JSON already, the value itself. Bad JSON is 400."""

    def to_internal_value(self, data: Any) -> Any:
        if not isinstance(data, str):
            return data
        try:
            return orjson.loads(data)
        except orjson.JSONDecodeError as error:
            text = _("This is not valid JSON.")
            raise InvalidPublication(
                _("%(field)s is not valid JSON.") % {"field": self.field_name}, errors={str(self.field_name): [text]}
            ) from error

    def to_representation(self, value: Any) -> Any:
        return value


class TagsField(serializers.ListField):
    """Tags: a list; in a form also JSON text or words between commas."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(child=serializers.CharField(max_length=60, allow_blank=True), max_length=50, **kwargs)

    def get_value(self, dictionary: Any) -> Any:
        return dictionary.get(self.field_name, serializers.empty)

    def to_internal_value(self, data: Any) -> list[Any]:
        if isinstance(data, str):
            data = self._from_text(data)
        return super().to_internal_value(data)

    def _from_text(self, text: str) -> Any:
        if not text.lstrip().startswith("["):
            return text.split(",")
        try:
            return orjson.loads(text)
        except orjson.JSONDecodeError:
            self.fail("not_a_list", input_type="str")
