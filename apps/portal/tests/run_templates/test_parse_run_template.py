"""Every rule of `run_template_json`, one refusal each; a refusal names the place."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from apps.portal.run_templates.errors import TemplateInvalid
from apps.portal.run_templates.parsing import parse_run_template
from apps.portal.tests.forms.build import entry, form, select

FORM = form(
    entry(required=True),
    entry(key="n", label="N", type="integer", validation={"min": 1}),
    entry(key="anexo", label="Anexo", type="file"),
    entry(key="token", label="Token", type="secret"),
    select(key="letra", label="Letra"),
)

DOCUMENTS_EXAMPLE = {
    "defaults": {"incluir_inativos": False},
    "mapping": {
        "runtime_arguments": ["--periodo={periodo}", "--inativos={incluir_inativos}"],
        "runtime_env": {"SERVICE_DOMAIN": "dp-rh"},
    },
}


def mapping(**changes: object) -> dict[str, object]:
    """Return a template with this mapping."""
    return {"mapping": changes}


def test_it_works() -> None:
    template = parse_run_template(DOCUMENTS_EXAMPLE, form=form(entry()))
    assert template.constants == {"incluir_inativos": False}
    assert [argument.names for argument in template.arguments] == [{"periodo"}, {"incluir_inativos"}]
    assert list(template.environment) == ["SERVICE_DOMAIN"]


@pytest.mark.parametrize("nothing", [{}, {"defaults": None, "mapping": None}, {"defaults": {}, "mapping": {}}])
def test_a_template_may_say_nothing(nothing: object) -> None:
    template = parse_run_template(nothing, form=FORM)
    assert (template.arguments, template.environment, template.defaults) == ((), {}, {})


def test_defaults_of_fields_are_coerced_and_others_are_constants() -> None:
    template = parse_run_template({"defaults": {"n": "5", "letra": "a", "fixo": [1, "x"], "periodo": " "}}, form=FORM)
    assert template.defaults == {"n": 5, "letra": "a"}
    assert template.constants == {"fixo": [1, "x"]}


def test_a_secret_becomes_a_reference() -> None:
    env = {"A": "{token}", "B": "{segredo}", "C": "{periodo}"}
    template = parse_run_template(mapping(runtime_env=env, parameter_aliases={"token": "segredo"}), form=FORM)
    assert template.secrets == {"A": "token", "B": "token"}
    assert list(template.environment) == ["C"]


@pytest.mark.parametrize(
    ("data", "place"),
    [
        (None, "type: must be an object"),
        ([], "type: must be an object"),
        ({"extra": 1}, "keys: unknown keys: extra"),
        ({"defaults": [1]}, "defaults: must be an object"),
        ({"mapping": []}, "mapping: must be an object"),
        ({"mapping": "x"}, "mapping: must be an object"),
        (mapping(env={}), "mapping: unknown keys: env"),
        (mapping(runtime_arguments="--x"), "mapping.runtime_arguments: must be a list"),
        (mapping(runtime_arguments=["x"] * 101), "mapping.runtime_arguments: has more than 100"),
        (mapping(runtime_arguments=["ok", 5]), "mapping.runtime_arguments[1]: must be text"),
        (mapping(runtime_arguments=["x" * 2001]), "mapping.runtime_arguments[0]: has more than 2000"),
        (mapping(runtime_arguments=["a\x00b"]), "mapping.runtime_arguments[0]: has characters"),
        (mapping(runtime_arguments=["\ud800"]), "mapping.runtime_arguments[0]: has characters"),
        (mapping(runtime_arguments=["{nope}"]), "mapping.runtime_arguments[0]: unknown field 'nope'"),
        (mapping(runtime_arguments=["{periodo"]), "mapping.runtime_arguments[0]: a brace at position 1"),
        (mapping(runtime_arguments=["x}"]), "mapping.runtime_arguments[0]: a brace at position 2"),
        (mapping(runtime_arguments=["{}"]), "mapping.runtime_arguments[0]: a brace"),
        (mapping(runtime_arguments=["{0}"]), "mapping.runtime_arguments[0]: a brace"),
        (mapping(runtime_arguments=["{ periodo }"]), "mapping.runtime_arguments[0]: a brace"),
        (mapping(runtime_arguments=["{periodo.__class__}"]), "mapping.runtime_arguments[0]: a brace"),
        (mapping(runtime_arguments=["{periodo[0]}"]), "mapping.runtime_arguments[0]: a brace"),
        (mapping(runtime_arguments=["{periodo!r}"]), "mapping.runtime_arguments[0]: a brace"),
        (mapping(runtime_arguments=["{periodo:>999999999}"]), "mapping.runtime_arguments[0]: a brace"),
        (mapping(runtime_arguments=["{{{periodo}}"]), "mapping.runtime_arguments[0]: a brace"),
        (mapping(runtime_arguments=["{token}"]), "mapping.runtime_arguments[0]: a secret never travels"),
        (mapping(runtime_env=[]), "mapping.runtime_env: must be an object"),
        (
            mapping(runtime_env={f"K{n}": "" for n in range(101)}),
            "mapping.runtime_env: must be an object of at most 100",
        ),
        (mapping(runtime_env={"A": 5}), "mapping.runtime_env.A: must be text"),
        (mapping(runtime_env={"A": None}), "mapping.runtime_env.A: must be text"),
        (mapping(runtime_env={"A": "a\x00b"}), "mapping.runtime_env.A: has characters"),
        (mapping(runtime_env={"A": "{nope}"}), "mapping.runtime_env.A: unknown field 'nope'"),
        (mapping(runtime_env={"A": "Bearer {token}"}), "mapping.runtime_env.A: a secret must be the whole value"),
        (mapping(runtime_env={"": "x"}), "Not names of environment variables: ''"),
        (mapping(runtime_env={"1A": "x"}), "Not names of environment variables: '1A'"),
        (mapping(runtime_env={"A=B": "x"}), "Not names of environment variables: 'A=B'"),
        (mapping(runtime_env={"A B": "x"}), "Not names of environment variables: 'A B'"),
        (mapping(runtime_env={"A" * 129: "x"}), "Not names of environment variables"),
        (mapping(runtime_env={"A\x00": "x"}), "mapping.runtime_env: has characters"),
        (mapping(runtime_env={"PATH": "x"}), "mapping.runtime_env.PATH: These names are reserved: PATH"),
        (mapping(runtime_env={"path": "x"}), "These names are reserved: path"),
        (mapping(runtime_env={"LD_PRELOAD": "x"}), "These names are reserved: LD_PRELOAD"),
        (mapping(runtime_env={"LD_LIBRARY_PATH": "x"}), "These names are reserved: LD_LIBRARY_PATH"),
        (mapping(runtime_env={"OFICINA_RUN_ID": "x"}), "These names are reserved: OFICINA_RUN_ID"),
        (mapping(runtime_env={"PYTHONPATH": "x"}), "These names are reserved: PYTHONPATH"),
        (mapping(runtime_env={"BASH_ENV": "x"}), "These names are reserved: BASH_ENV"),
        (mapping(parameter_aliases=[]), "mapping.parameter_aliases: must be an object"),
        (mapping(parameter_aliases={"nope": "x"}), "mapping.parameter_aliases.nope: there is no such field"),
        (mapping(parameter_aliases={"periodo": "1x"}), "mapping.parameter_aliases.periodo: must be a letter"),
        (mapping(parameter_aliases={"periodo": 5}), "mapping.parameter_aliases.periodo: must be a letter"),
        (mapping(parameter_aliases={"periodo": "n"}), "mapping.parameter_aliases.periodo: 'n' already names"),
        (mapping(parameter_aliases={"periodo": "x", "n": "x"}), "mapping.parameter_aliases.n: 'x' already names"),
        ({"defaults": {"n": 0}}, "defaults.n: Field 'N' must be at least 1"),
        ({"defaults": {"n": "x"}}, "defaults.n: Field 'N' must be a number"),
        ({"defaults": {"letra": "z"}}, "defaults.letra: Field 'Letra' must be one of its options"),
        ({"defaults": {"anexo": {"name": "a", "content_base64": ""}}}, "defaults.anexo: has no meaning for type file"),
        ({"defaults": {"a-b": 1}}, "defaults.a-b: must be a letter"),
        ({"defaults": {"x": {}}}, "defaults.x: must be text, a number"),
        ({"defaults": {"x": [[1]]}}, "defaults.x: must be text, a number"),
        ({"defaults": {"x": "a\x00"}}, "defaults.x: has characters"),
        ({"defaults": {"x": 1e300}}, "defaults.x: must be text, a number"),
        ({"defaults": {"x": float("inf")}}, "run_template_json: is not plain JSON"),
        ({"defaults": {f"x{n}": "y" * 4000 for n in range(100)}}, "run_template_json: is larger than"),
    ],
)
def test_one_mistake(data: object, place: str) -> None:
    with pytest.raises(TemplateInvalid) as caught:
        parse_run_template(data, form=FORM)
    (problem,) = caught.value.problems
    assert place in problem


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(alphabet="{}abn \x00.!", max_size=12),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=6), inner, max_size=3),
    max_leaves=8,
)


@given(
    st.fixed_dictionaries(
        {},
        optional={
            "defaults": json_values,
            "mapping": st.fixed_dictionaries(
                {},
                optional={
                    "runtime_arguments": json_values,
                    "runtime_env": json_values,
                    "parameter_aliases": st.dictionaries(st.sampled_from(["periodo", "n"]), json_values),
                },
            ),
        },
    )
)
def test_any_json_is_accepted_or_refused_by_place(data: object) -> None:
    try:
        parse_run_template(data, form=FORM)
    except TemplateInvalid as refusal:
        problems = refusal.problems
    else:
        return
    assert all(problems)
