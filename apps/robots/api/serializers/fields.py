"""Fields that forms and JSON bodies share."""

from __future__ import annotations

from typing import Any

import orjson
from django.utils.translation import gettext_lazy as _
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from apps.common.api.serializers import FROM_JSON
from apps.robots.errors import InvalidPublication

EARLIEST, LATEST = 1970, 2200


@extend_schema_field(OpenApiTypes.STR)
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


class MomentField(serializers.DateTimeField):
    """A time between 1970 and 2200: with others nothing can be reckoned."""

    def to_internal_value(self, value: Any) -> Any:
        try:
            moment = super().to_internal_value(value)
        except OverflowError as error:
            raise serializers.ValidationError(_("This time cannot be meant.")) from error
        if not EARLIEST <= moment.year < LATEST:
            raise serializers.ValidationError(_("This time cannot be meant."))
        return moment


class TagsField(serializers.ListField):
    """Tags: a list; in a form a repeated field, words between commas, or JSON text."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(child=serializers.CharField(max_length=60, allow_blank=True), max_length=50, **kwargs)

    def to_internal_value(self, data: Any) -> list[Any]:
        if not self.context.get(FROM_JSON) and isinstance(data, list):
            data = [tag for text in data for tag in self._from_text(str(text))]
        return super().to_internal_value(data)

    def _from_text(self, text: str) -> list[Any]:
        if not text.lstrip().startswith("["):
            return text.split(",")
        try:
            return list(orjson.loads(text))
        except orjson.JSONDecodeError:
            self.fail("not_a_list", input_type="str")
