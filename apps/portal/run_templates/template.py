"""`run_template_json` once it has been checked, and how it is rendered.

Rendering: booleans `true`/`false`, whole numbers whole, other numbers in plain decimals, null and absent answers
empty, lists joined by commas, a file by its name. A secret never renders: a variable that is exactly `{field}` of a
secret field becomes a *reference* to the secret's name, and anything else with it is refused when saved.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from typing import TypeAlias

from apps.portal.forms.schema import FormSchema, Scalar, Value, Values
from apps.portal.run_templates.errors import RenderedTooLarge
from apps.portal.run_templates.limits import MAX_RENDERED_BYTES, MAX_RENDERED_TOTAL_BYTES
from apps.portal.run_templates.placeholders import Template

Constant: TypeAlias = Scalar | list[Scalar] | None


@dataclass(frozen=True, slots=True)
class RunTemplate:
    """A checked template.

    `defaults` answer fields nobody answered; `constants` are defaults whose name is no field of the form, so that
    nobody can submit them. `aliases` maps a field to its other name.
    """

    defaults: Mapping[str, Value] = field(default_factory=dict)
    constants: Mapping[str, Constant] = field(default_factory=dict)
    arguments: tuple[Template, ...] = ()
    environment: Mapping[str, Template] = field(default_factory=dict)
    secrets: Mapping[str, str] = field(default_factory=dict)
    """Environment variable → key of the secret field that names its secret."""
    aliases: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Rendered:
    """What a robot is started with. `secrets` maps a variable to the *name* of a secret."""

    arguments: list[str]
    environment: dict[str, str]
    secrets: dict[str, str]


def render(template: RunTemplate, values: Values) -> Rendered:
    """Put the answers in. Raises `RenderedTooLarge`."""
    texts = {name: as_text(value) for name, value in (*template.constants.items(), *values.items())}
    texts |= {alias: texts[name] for name, alias in template.aliases.items() if name in texts}
    rendered = Rendered(
        arguments=[argument.fill(texts) for argument in template.arguments],
        environment={name: variable.fill(texts) for name, variable in template.environment.items()},
        secrets={name: str(values[key]) for name, key in template.secrets.items() if key in values},
    )
    _check_sizes(rendered)
    return rendered


def as_text(value: Value | Constant) -> str:
    """Return one value as it stands in an argument."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, float):
        return str(int(value)) if value.is_integer() else format(Decimal(repr(value)), "f")
    if isinstance(value, list):
        return ",".join(as_text(entry) for entry in value)
    return value["name"] if isinstance(value, dict) else str(value)


def names_of(form: FormSchema, template: RunTemplate) -> frozenset[str]:
    """Return every name a placeholder may use."""
    return frozenset(form.by_key) | frozenset(template.constants) | frozenset(template.aliases.values())


def _check_sizes(rendered: Rendered) -> None:
    total = 0
    places = [(f"runtime_arguments[{index}]", text) for index, text in enumerate(rendered.arguments)]
    places += [(f"runtime_env.{name}", text) for name, text in rendered.environment.items()]
    for place, text in places:
        size = len(text.encode())
        total += size
        if size > MAX_RENDERED_BYTES or total > MAX_RENDERED_TOTAL_BYTES:
            raise RenderedTooLarge(place)
