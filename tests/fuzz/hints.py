"""Values that a document cannot describe, so that requests get past the first question now and then."""

from __future__ import annotations

import random
from typing import Any

_FORM = {"fields": [{"key": "count", "label": "Count", "type": "integer", "default": 3}]}
_TEMPLATE = {"mapping": {"runtime_arguments": ["{count}"]}}
HINTS: dict[str, tuple[Any, ...]] = {
    "arguments_json": ("[]", '["--all"]'),
    "artifact": ("print('hello')\n",),
    "cron": ("0 3 * * *", "*/5 8-18 * * 1-5"),
    "entrypoint_path": ("main.py",),
    "entrypoint_type": ("PYTHON", None),
    "env_vars_json": ("{}", '{"COUNT": "1"}'),
    "form_schema_json": (_FORM, {"fields": []}),
    "initial_version": (None,),
    "parameters": ({}, {"count": 1}),
    "permissions": (["robot.read"], ["run.read", "robot.run"]),
    "required_env_keys_json": ("[]",),
    "role": ("operator", "viewer", "org_admin"),
    "run_template_json": (_TEMPLATE, {}),
    "timezone": ("UTC", "America/Sao_Paulo"),
    "working_directory": (None,),
}
"""By field; None leaves it out."""


def hinted(body: Any) -> Any:
    """Half of the bodies with good values put in where there is a place for them; the same body always alike."""
    chance = random.Random(repr(body))
    if not isinstance(body, dict) or chance.random() < 1 / 2:
        return body
    values = {name: chance.choice(HINTS[name]) for name in body if name in HINTS}
    if "artifact" in body and "version" in body:
        values["version"] = f"1.{chance.randrange(100)}.{chance.randrange(100)}"
    return {name: value for name, value in (body | values).items() if name not in values or value is not None}
