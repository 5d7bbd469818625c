"""Links of the OpenAPI document: what was made by one operation, and which others take its id."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

_MADE = ("200", "201", "202")
_PARAMETER = re.compile(r"{(\w+)}")
Operation = dict[str, Any]


def add_links(result: dict[str, Any], **_given: Any) -> dict[str, Any]:
    """Adds to each POST that answers with an object the operations that take that object's id in their path.

    What an object's id is called in paths is learned from where the same shape is read: ``…/{robot_id}``.
    """
    names = dict(_names(result))
    for path, method, operation in _operations(result):
        for status in _MADE if method == "post" else ():
            answer = operation["responses"].get(status)
            name = names.get(_shape(answer))
            if answer is not None and name is not None and (links := dict(_links(result, path, name))):
                answer["links"] = links
    return result


def _operations(result: dict[str, Any]) -> Iterator[tuple[str, str, Operation]]:
    for path, methods in result["paths"].items():
        for method, operation in methods.items():
            yield path, method, operation


def _names(result: dict[str, Any]) -> Iterator[tuple[str, str]]:
    """By shape, the name of its id in paths."""
    for path, method, operation in _operations(result):
        parameters = _PARAMETER.findall(path)
        shape = _shape(operation["responses"].get("200"))
        if method == "get" and path.endswith("}") and shape:
            yield shape, parameters[-1]


def _shape(answer: dict[str, Any] | None) -> str:
    """The component an answer consists of, if it is one."""
    content = (answer or {}).get("content", {}).get("application/json", {})
    return str(content.get("schema", {}).get("$ref", ""))


def _links(result: dict[str, Any], path: str, name: str) -> Iterator[tuple[str, dict[str, Any]]]:
    """To all operations below that id, or below it and what the path of the request names too."""
    known = {parameter: f"$request.path.{parameter}" for parameter in _PARAMETER.findall(path)}
    values = known | {name: "$response.body#/id"}
    for other, _method, operation in _operations(result):
        wanted = _PARAMETER.findall(other)
        if name in wanted and values.keys() >= set(wanted):
            identifier = operation["operationId"]
            parameters = {parameter: values[parameter] for parameter in wanted}
            yield identifier, {"operationId": identifier, "parameters": parameters}
