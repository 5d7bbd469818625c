"""The OpenAPI document of a route, from its ``@operation``: right, errors by status and code, headers, media types."""

from __future__ import annotations

import inspect
from collections import defaultdict
from http import HTTPStatus
from typing import Any

from django.conf import settings
from django.utils.module_loading import import_string
from drf_spectacular.extensions import OpenApiSerializerFieldExtension
from drf_spectacular.openapi import AutoSchema
from drf_spectacular.plumbing import ResolvedComponent, get_lib_doc_excludes, is_list_serializer
from drf_spectacular.utils import OpenApiParameter

from apps.common.api.declaration import Declaration, Right
from apps.common.api.renderers import JSONRenderer
from apps.common.api.serializers import InputSerializer, OutputSerializer
from apps.common.errors import ApplicationError, Busy, NotFound

ErrorClass = type[ApplicationError]
_ERROR_SCHEMA = {
    "type": "object",
    "description": "Every failure has this shape; some add data of their own.",
    "properties": {
        "detail": {"type": "string", "description": "For people, in their language."},
        "status_code": {"type": "integer"},
        "error_code": {"type": "string", "description": "For programs; never changes."},
        "errors": {
            "type": "object",
            "description": "What is wrong, by field.",
            "additionalProperties": {"type": "array", "items": {"type": "string"}},
        },
        "trace_id": {"type": "string", "description": "Name it when you report a problem."},
    },
    "required": ["detail", "status_code", "error_code", "trace_id"],
    "additionalProperties": True,
}
_IDEMPOTENCY_KEY = OpenApiParameter(
    "Idempotency-Key",
    {"type": "string", "pattern": "^[ -~]{1,255}$"},
    OpenApiParameter.HEADER,
    description="Your own name for this request, 1-255 printable ASCII characters. Sent again within a day with the "
    "same body, it has no second effect and gets the same answer with `Idempotency-Replayed: true`.",
)
_IF_MATCH = OpenApiParameter(
    "If-Match",
    str,
    OpenApiParameter.HEADER,
    description="The `ETag` you have seen; 412 when the object has changed since.",
)
_IF_NONE_MATCH = OpenApiParameter(
    "If-None-Match",
    str,
    OpenApiParameter.HEADER,
    description="The `ETag` you have seen; 304 without a body when it is still the same.",
)
_ETAG = {"ETag": {"description": "Names this state.", "schema": {"type": "string"}}}


def undescribed() -> list[type]:
    """Classes whose docstrings tell who writes code, and nothing of a body: they describe none that has no own."""
    return [*get_lib_doc_excludes(), InputSerializer, OutputSerializer]  # type: ignore[no-untyped-call]


_MINUTES = r"([01]\d|2[0-3]):[0-5]\d"


class TimeOfDay(OpenApiSerializerFieldExtension):  # type: ignore[no-untyped-call]
    """A time on somebody's clock: the format ``time`` of OpenAPI would be one with an offset."""

    target_class = "rest_framework.serializers.TimeField"
    match_subclasses = True

    def map_serializer_field(self, auto_schema: AutoSchema, direction: str) -> dict[str, Any]:
        if getattr(self.target, "format", None) == "%H:%M":
            return {"type": "string", "pattern": f"^{_MINUTES}$", "example": "08:30"}
        return {"type": "string", "pattern": rf"^{_MINUTES}(:[0-5]\d(\.\d{{1,6}})?)?$", "example": "08:30:00"}


class OperationSchema(AutoSchema):
    """Describes an action method of an ``ApiViewSet``; what is not declared is not served, and not described."""

    view: Any

    @property
    def declared(self) -> Declaration | None:
        return getattr(self.view, "declaration", None)

    def is_excluded(self) -> bool:
        return self.declared is None

    # -- names and texts

    def get_operation_id(self) -> str:
        """``robots_versions_activate``: the path's words and the action's name."""
        words = [token.replace("-", "_").replace(".", "_") for token in self._tokenize_path()]
        action = {"PUT": "update", "PATCH": "partial_update"}.get(self.method)
        if action is None or self.view.action not in {"update", "partial_update"}:
            action = str(self.view.action)
        return "_".join(words if words and words[-1] == action else [*words, action])

    def get_description(self) -> str:  # type: ignore[override]  # as drf-spectacular has it
        method = getattr(self.view, self.view.action, None)
        paragraphs = [inspect.cleandoc(method.__doc__)] if method is not None and method.__doc__ else []
        if self.declared is not None and isinstance(self.declared.right, str):
            paragraphs.append(f"Needs the right `{self.declared.right}`.")
        if self.declared is not None and (going := self.declared.deprecated) is not None:
            paragraphs.append(f"Works until {going.sunset:%Y-%m-%d}; use {going.instead} instead.")
        return "\n\n".join(paragraphs)

    def is_deprecated(self) -> bool:
        return self.declared is not None and self.declared.deprecated is not None

    def get_extensions(self) -> dict[str, Any]:
        if self.declared is None:
            return {}
        right = self.declared.right
        return {"x-right": right.value if isinstance(right, Right) else right}

    def _get_serializer_name(self, serializer: Any, direction: Any, bypass_extensions: bool = False) -> str:
        """Classes of input are no classes of output here, so ``…Input`` says enough."""
        name = str(super()._get_serializer_name(serializer, direction, bypass_extensions))
        return name.removesuffix("Request") if name.endswith("InputRequest") else name

    # -- what goes in

    def get_auth(self) -> list[dict[str, list[str]]]:
        if self.declared is None or self.declared.right is Right.PUBLIC:
            return []
        return [{"bearer": []}, {"apiKey": []}]

    def get_override_parameters(self) -> list[Any]:
        found = list(super().get_override_parameters())
        if self.declared is not None and self.declared.idempotent:
            found.append(_IDEMPOTENCY_KEY)
        if self.declared is not None and self.declared.conditional:
            found.append(_IF_MATCH)
        if self.declared is not None and self.declared.tagged:
            found.append(_IF_NONE_MATCH)
        return found

    def map_parsers(self) -> list[Any]:
        return [parser.media_type for parser in self.declared.parsers] if self.declared is not None else []

    def _map_basic_serializer(self, serializer: Any, direction: Any) -> dict[str, Any]:
        """Input says that it takes nothing else."""
        schema: dict[str, Any] = super()._map_basic_serializer(serializer, direction)  # type: ignore[no-untyped-call]
        return schema | {"additionalProperties": False} if isinstance(serializer, InputSerializer) else schema

    # -- what comes out

    def map_renderers(self, attribute: str) -> list[Any]:
        return [getattr(JSONRenderer, attribute)]

    def _is_list_view(self, serializer: Any = None) -> bool:
        """Only what is declared with ``many=True`` is an array; a page of something is an object."""
        return bool(is_list_serializer(serializer))

    def _get_response_bodies(self, direction: Any = "response") -> dict[str, Any]:
        bodies: dict[str, Any] = super()._get_response_bodies(direction)
        if self.declared is None:
            return bodies
        for media_type in self.declared.produces:
            content = bodies[str(self.declared.status)].setdefault("content", {})
            content[media_type] = {"schema": {"type": "string", "format": "binary"}}
        if self.declared.tagged:
            bodies[str(self.declared.status)]["headers"] = _ETAG
            bodies["304"] = {"description": HTTPStatus.NOT_MODIFIED.phrase, "headers": _ETAG}
        by_status: defaultdict[int, list[ErrorClass]] = defaultdict(list)
        for error in self._errors(self.declared):
            by_status[error.status].append(error)
        for status, errors in sorted(by_status.items()):
            bodies.setdefault(str(status), self._failure(status, errors))
        return bodies

    def _errors(self, declared: Declaration) -> list[ErrorClass]:
        """Those of the declaration, and those that stand before every view."""
        names = list(settings.DOCUMENTED_ERRORS["everywhere"])
        if declared.right is not Right.PUBLIC:
            names += settings.DOCUMENTED_ERRORS["with_credentials"]
            names += settings.DOCUMENTED_ERRORS["changing"] if self.method != "GET" else []
        found = [*declared.errors, *(import_string(name) for name in names)]
        if "{" in self.path:
            found.append(NotFound)
        if self.method != "GET":  # of two that write and wait for each other, one is given up
            found.append(Busy)
        return list(dict.fromkeys(found))

    def _failure(self, status: int, errors: list[ErrorClass]) -> dict[str, Any]:
        component = ResolvedComponent("Error", ResolvedComponent.SCHEMA, schema=_ERROR_SCHEMA, object="Error")  # type: ignore[no-untyped-call]
        self.registry.register_on_missing(component)
        own = {"error_code": {"type": "string", "enum": sorted({error.code for error in errors})}}
        examples = {
            error.code: {
                "value": {
                    "detail": str(error.message),
                    "status_code": status,
                    "error_code": error.code,
                    "trace_id": "01890a5d-ac96-774b-bcce-b302099a8057",
                }
            }
            for error in errors
        }
        schema = {"allOf": [component.ref, {"type": "object", "properties": own}]}
        content = {JSONRenderer.media_type: {"schema": schema, "examples": examples}}
        return {"description": HTTPStatus(status).phrase, "content": content}
