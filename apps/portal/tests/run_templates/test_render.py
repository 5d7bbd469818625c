"""Rendering: the documents' example to the letter, one line per kind of value, and Python's own formatter as oracle."""

import string

import pytest
from hypothesis import given
from hypothesis import strategies as st

from apps.portal.forms.schema import Value, Values
from apps.portal.forms.validation import validate_parameters
from apps.portal.run_templates.errors import RenderedTooLarge
from apps.portal.run_templates.parsing import parse_run_template
from apps.portal.run_templates.placeholders import compile_template
from apps.portal.run_templates.template import Constant, Rendered, as_text, render
from apps.portal.tests.forms.build import TableOptions, entry, form, select
from apps.portal.tests.run_templates.test_parse_run_template import DOCUMENTS_EXAMPLE


def rendered(text: str, values: Values, **mapping: object) -> str:
    """Render one argument over the fields periodo, n and lista."""
    asked = form(entry(), entry(key="n", type="number"), select(key="lista", type="multiselect"))
    template = parse_run_template({"mapping": {"runtime_arguments": [text], **mapping}}, form=asked)
    return render(template, values).arguments[0]


def test_it_works() -> None:
    asked = form(entry(required=True, validation={"regex": "^\\d{4}-\\d{2}$"}))
    template = parse_run_template(DOCUMENTS_EXAMPLE, form=asked)
    values = validate_parameters(asked, {"periodo": "2026-02"}, defaults=template.defaults)

    assert render(template, values) == Rendered(
        arguments=["--periodo=2026-02", "--inativos=false"], environment={"SERVICE_DOMAIN": "dp-rh"}, secrets={}
    )


def test_the_default_of_a_field_in_the_form() -> None:
    asked = form(entry(required=True), entry(key="incluir_inativos", label="Inativos", type="checkbox"))
    template = parse_run_template(DOCUMENTS_EXAMPLE, form=asked)
    values = validate_parameters(asked, {"periodo": "2026-02"}, defaults=template.defaults)
    assert render(template, values).arguments == ["--periodo=2026-02", "--inativos=false"]

    values = validate_parameters(asked, {"periodo": "2026-02", "incluir_inativos": "yes"}, defaults=template.defaults)
    assert render(template, values).arguments == ["--periodo=2026-02", "--inativos=true"]


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (None, ""),
        (True, "true"),
        (False, "false"),
        (5, "5"),
        (5.0, "5"),
        (0.1, "0.1"),
        (1e-7, "0.0000001"),
        (-1.5, "-1.5"),
        ("a,b", "a,b"),
        (["a", 2, "c"], "a,2,c"),
        ([], ""),
        ({"name": "notas.csv", "size": 1, "sha256": "", "content_base64": "YQ=="}, "notas.csv"),
    ],
)
def test_values_as_text(value: Value | Constant, text: str) -> None:
    assert as_text(value) == text


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("{periodo}", "x"),
        ("{{periodo}}", "{periodo}"),
        ("{{{periodo}}}", "{x}"),
        ("{{}}", "{}"),
        ("}}{{", "}{"),
        ('{{"n": {n}}}', '{"n": 5}'),
        ("{periodo}{periodo}", "xx"),
        ("--lista={lista}", "--lista="),
        ("", ""),
        ("$(rm -rf /) `x` %s", "$(rm -rf /) `x` %s"),
    ],
)
def test_braces(text: str, expected: str) -> None:
    assert rendered(text, {"periodo": "x", "n": 5}) == expected


def test_an_answer_is_never_a_template_itself() -> None:
    assert rendered("{periodo}", {"periodo": "{n}{{", "n": 5}) == "{n}{{"


def test_aliases() -> None:
    assert rendered("{p}-{periodo}", {"periodo": "x"}, parameter_aliases={"periodo": "p"}) == "x-x"
    assert rendered("{p}", {}, parameter_aliases={"periodo": "p"}) == ""


def test_a_constant_may_have_an_alias() -> None:
    data = {
        "defaults": {"fixo": True},
        "mapping": {"runtime_env": {"X": "{f}"}, "parameter_aliases": {"fixo": "f"}},
    }
    assert render(parse_run_template(data, form=form()), {}).environment == {"X": "true"}


def test_a_secret_is_named_and_never_rendered() -> None:
    asked = form(entry(key="token", type="secret"))
    template = parse_run_template({"mapping": {"runtime_env": {"API": "{token}"}}}, form=asked)
    resolver = TableOptions({("token", ()): ["CRM_TOKEN"]})
    values = validate_parameters(asked, {"token": "CRM_TOKEN"}, options_resolver=resolver)
    assert render(template, values) == Rendered(arguments=[], environment={}, secrets={"API": "CRM_TOKEN"})
    assert render(template, {}).secrets == {}


def test_too_large_for_one_argument() -> None:
    with pytest.raises(RenderedTooLarge, match=r"runtime_arguments\[0\]"):
        rendered("{periodo}" * 6, {"periodo": "x" * 20_000})


def test_too_large_in_all() -> None:
    asked = form(entry())
    template = parse_run_template({"mapping": {"runtime_env": {f"K{n}": "{periodo}" for n in range(60)}}}, form=asked)
    with pytest.raises(RenderedTooLarge, match="runtime_env"):
        render(template, {"periodo": "x" * 20_000})


names = st.sampled_from(["a", "b1", "c_d"])
literals = st.text(st.characters(exclude_characters="\x00", exclude_categories=["Cs"]), max_size=10)


@given(st.lists(literals | names.map(lambda name: (name,)), max_size=8), st.dictionaries(names, literals))
def test_it_renders_as_pythons_own_formatter(parts: list[str | tuple[str]], values: dict[str, str]) -> None:
    text = "".join(
        part.replace("{", "{{").replace("}", "}}") if isinstance(part, str) else f"{{{part[0]}}}" for part in parts
    )
    complete = {"a": "", "b1": "", "c_d": ""} | values

    filled = compile_template(text, rule="x").fill(values)

    assert filled == string.Formatter().vformat(text, (), complete)
    assert filled == "".join(part if isinstance(part, str) else complete[part[0]] for part in parts)
