"""From the JSON an author wrote to a `RunTemplate` that fits a form, or to the list of what is wrong with it."""

import math
from collections.abc import Mapping
from dataclasses import dataclass, field

from django.utils.translation import gettext as _

from apps.portal.forms.coercion import is_blank
from apps.portal.forms.errors import Refused, ValueRefused, problem_of
from apps.portal.forms.limits import MAX_CHOICES, MAX_INTEGER, MIN_INTEGER
from apps.portal.forms.parsing import KEY, check_plain_json, check_value
from apps.portal.forms.reading import ObjectReader, check_text
from apps.portal.forms.schema import FieldType, FormSchema, Scalar, Value
from apps.portal.forms.texts import printable
from apps.portal.run_templates.environment import check_name
from apps.portal.run_templates.errors import TemplateInvalid
from apps.portal.run_templates.limits import (
    MAX_ALIASES,
    MAX_ARGUMENTS,
    MAX_CONSTANT,
    MAX_DEFAULTS,
    MAX_ENVIRONMENT,
    MAX_TEMPLATE,
    MAX_TEMPLATE_BYTES,
)
from apps.portal.run_templates.placeholders import Template, compile_template
from apps.portal.run_templates.template import Constant, RunTemplate


def parse_run_template(data: object, *, form: FormSchema) -> RunTemplate:
    """Return the checked template. Raises `TemplateInvalid`; its problems start with the place that is wrong."""
    try:
        return _parse(data, form)
    except Refused as refusal:
        raise TemplateInvalid([problem_of(refusal)]) from refusal


def _parse(data: object, form: FormSchema) -> RunTemplate:
    check_plain_json(data, rule="run_template_json", largest=MAX_TEMPLATE_BYTES)
    reader = ObjectReader(data)
    defaults = _object(reader.take("defaults"), rule="defaults", longest=MAX_DEFAULTS)
    mapping = ObjectReader(_object(reader.take("mapping"), rule="mapping", longest=MAX_DEFAULTS), path="mapping")
    reader.finish()
    draft = _Draft(form, constants=_parse_constants(defaults, form))
    draft.read_aliases(mapping.take("parameter_aliases"))
    draft.read_arguments(mapping.list("runtime_arguments", longest=MAX_ARGUMENTS))
    draft.read_environment(mapping.take("runtime_env"))
    mapping.finish()
    return RunTemplate(
        defaults=_parse_defaults(defaults, form),
        constants=draft.constants,
        arguments=tuple(draft.arguments),
        environment=draft.environment,
        secrets=draft.secrets,
        aliases=draft.aliases,
    )


@dataclass(slots=True)
class _Draft:
    """The mapping while it is read; placeholders are checked against the names known by then."""

    form: FormSchema
    constants: dict[str, Constant]
    aliases: dict[str, str] = field(default_factory=dict)
    arguments: list[Template] = field(default_factory=list)
    environment: dict[str, Template] = field(default_factory=dict)
    secrets: dict[str, str] = field(default_factory=dict)

    def read_aliases(self, raw: object) -> None:
        """Read `{field: alias}`; an alias is a name of its own."""
        path = "mapping.parameter_aliases"
        for name, alias in _object(raw, rule=path, longest=MAX_ALIASES).items():
            rule = f"{path}.{printable(name)}"
            if name not in self.form.by_key and name not in self.constants:
                raise Refused(rule, _("there is no such field."))
            if not isinstance(alias, str) or not KEY.fullmatch(alias):
                raise Refused(rule, _("must be a letter followed by letters, digits or _."))
            if alias in self.form.by_key or alias in self.constants or alias in self.aliases.values():
                raise Refused(rule, _("'%(alias)s' already names something else.") % {"alias": alias})
            self.aliases[name] = alias

    def read_arguments(self, raw: list[object]) -> None:
        """Read the list of argument templates."""
        for index, text in enumerate(raw):
            rule = f"mapping.runtime_arguments[{index}]"
            template = self._compile(text, rule)
            if self._secret_keys(template):
                raise Refused(rule, _("a secret never travels in an argument; use runtime_env."))
            self.arguments.append(template)

    def read_environment(self, raw: object) -> None:
        """Read `{NAME: template}`."""
        path = "mapping.runtime_env"
        for name, text in _object(raw, rule=path, longest=MAX_ENVIRONMENT).items():
            rule = f"{path}.{printable(name)}"
            check_name(name, rule=rule)
            template = self._compile(text, rule)
            keys = self._secret_keys(template)
            if not keys:
                self.environment[name] = template
            elif template.only_name() is None:
                raise Refused(rule, _("a secret must be the whole value, such as {token}."))
            else:
                self.secrets[name] = keys.pop()

    def _compile(self, raw: object, rule: str) -> Template:
        template = compile_template(check_text(raw, rule=rule, longest=MAX_TEMPLATE, one_line=False), rule=rule)
        known = {*self.form.by_key, *self.constants, *self.aliases.values()}
        for name in sorted(template.names - known):
            raise Refused(rule, _("unknown field '%(name)s'.") % {"name": name})
        return template

    def _secret_keys(self, template: Template) -> set[str]:
        """Return the keys of the secret fields a template refers to, by key or by alias."""
        fields = {alias: name for name, alias in self.aliases.items()}
        keys = {fields.get(name, name) for name in template.names}
        return {key for key in keys if key in self.form.by_key and self.form.by_key[key].type is FieldType.SECRET}


def _object(raw: object, *, rule: str, longest: int) -> dict[str, object]:
    if raw is None:
        return {}
    if not isinstance(raw, Mapping) or len(raw) > longest:
        raise Refused(rule, _("must be an object of at most %(longest)d entries.") % {"longest": longest})
    return {check_text(key, rule=rule, longest=MAX_TEMPLATE): value for key, value in raw.items()}


def _parse_defaults(raw: Mapping[str, object], form: FormSchema) -> dict[str, Value]:
    """Read the defaults of the form's own fields as answers; a blank one is none."""
    defaults: dict[str, Value] = {}
    for key, value in raw.items():
        rule = f"defaults.{printable(key)}"
        asked = form.by_key.get(key)
        if asked is None or is_blank(value):
            continue
        if asked.type is FieldType.FILE:
            raise Refused(rule, _("has no meaning for type %(type)s.") % {"type": asked.type.value})
        try:
            defaults[key] = check_value(asked.type, asked.validation, asked.options, value)
        except ValueRefused as refusal:
            raise Refused(rule, refusal.describe(asked.label)) from refusal
    return defaults


def _parse_constants(raw: Mapping[str, object], form: FormSchema) -> dict[str, Constant]:
    """Read the defaults that are no fields of the form: plain values nobody can submit."""
    constants: dict[str, Constant] = {}
    for key, value in raw.items():
        if key in form.by_key:
            continue
        rule = f"defaults.{printable(key)}"
        if not KEY.fullmatch(key):
            raise Refused(rule, _("must be a letter followed by letters, digits or _."))
        constants[key] = _constant(value, rule)
    return constants


def _constant(raw: object, rule: str) -> Constant:
    if raw is None:
        return None
    if not isinstance(raw, list):
        return _scalar(raw, rule)
    if len(raw) > MAX_CHOICES:
        raise Refused(rule, _("has more than %(longest)d entries.") % {"longest": MAX_CHOICES})
    return [_scalar(entry, rule) for entry in raw]


def _scalar(raw: object, rule: str) -> Scalar:
    if isinstance(raw, str):
        return check_text(raw, rule=rule, longest=MAX_CONSTANT, one_line=False)
    if not isinstance(raw, int | float) or not math.isfinite(raw) or not MIN_INTEGER <= raw <= MAX_INTEGER:
        raise Refused(rule, _("must be text, a number, a boolean, or a list of these."))
    return raw
