"""Every rule of `form_schema_json`, one refusal each; a refusal names the field and the rule."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from apps.portal.forms.errors import SchemaInvalid
from apps.portal.forms.parsing import parse_form_schema
from apps.portal.forms.schema import Condition, FieldType, Operator, Option, OptionsFrom, Validation
from apps.portal.tests.forms.build import entry, form, select

DOCUMENTS_EXAMPLE = {
    "fields": [
        {
            "key": "periodo",
            "label": "Periodo",
            "type": "text",
            "required": True,
            "default": "2026-02",
            "helpText": "YYYY-MM",
            "validation": {"regex": "^\\d{4}-\\d{2}$"},
        }
    ]
}

EARLIER = entry(key="tipo", label="Tipo")
LIVE = {"type": "select", "optionsFrom": {"provider": "robots"}}


def test_it_works() -> None:
    (field,) = parse_form_schema(DOCUMENTS_EXAMPLE).fields

    assert (field.key, field.label, field.type, field.required) == ("periodo", "Periodo", FieldType.TEXT, True)
    assert (field.default, field.help_text) == ("2026-02", "YYYY-MM")
    assert field.validation == Validation(regex="^\\d{4}-\\d{2}$")


def test_a_form_may_ask_nothing() -> None:
    assert parse_form_schema({"fields": []}).fields == parse_form_schema({}).fields == ()


def test_null_counts_as_absent() -> None:
    nothing = dict.fromkeys(
        [
            "required",
            "default",
            "helpText",
            "placeholder",
            "validation",
            "options",
            "optionsFrom",
            "dependsOn",
            "showIf",
        ]
    )
    assert form(entry(**nothing)) == form(entry())


def test_live_options_with_filter_and_parent() -> None:
    schema = form(
        EARLIER,
        entry(type="select", optionsFrom={"provider": "versions", "filter": {"channel": "stable"}}, dependsOn="tipo"),
    )
    assert schema.fields[1].options_from == OptionsFrom("versions", {"channel": "stable"})
    assert schema.fields[1].depends_on == ("tipo",)


def test_several_parents() -> None:
    schema = form(EARLIER, entry(key="outro"), entry(**LIVE, dependsOn=["tipo", "outro"]))
    assert schema.fields[2].depends_on == ("tipo", "outro")


def test_show_if() -> None:
    schema = form(EARLIER, entry(showIf={"field": "tipo", "operator": "in", "value": ["x", "y"]}))
    assert schema.fields[1].show_if == Condition("tipo", Operator.IN, ("x", "y"))


def test_options_may_have_whole_numbers_as_values() -> None:
    schema = form(entry(type="select", options=[{"label": "2026", "value": 2026}], default="2026"))
    assert schema.fields[0].options == (Option("2026", 2026),)
    assert schema.fields[0].default == 2026


def test_defaults_are_coerced() -> None:
    schema = form(entry(type="checkbox", default="yes"), entry(key="n", type="number", default="5.0"))
    assert [field.default for field in schema.fields] == [True, 5]


@pytest.mark.parametrize(
    ("data", "rule"),
    [
        (None, "type: must be an object"),
        ([], "type: must be an object"),
        ({"fields": {}}, "fields: must be a list"),
        ({"fields": [], "title": "x"}, "keys: unknown keys: title"),
        ({"fields": [entry(key=f"k{n}") for n in range(101)]}, "fields: has more than 100"),
        ({"fields": [select(options=[{"label": "x", "value": "y" * 300_000}])]}, "form_schema_json: is larger"),
        ({"fields": [float("nan")]}, "form_schema_json: is not plain JSON"),
        ({"fields": [object()]}, "form_schema_json: is not plain JSON"),
    ],
)
def test_the_document_as_a_whole(data: object, rule: str) -> None:
    with pytest.raises(SchemaInvalid) as caught:
        parse_form_schema(data)
    assert rule in caught.value.problems[0]


@pytest.mark.parametrize(
    ("changes", "rule"),
    [
        ({"key": ""}, "key"),
        ({"key": "1a"}, "key"),
        ({"key": "_a"}, "key"),
        ({"key": "a-b"}, "key"),
        ({"key": "a\n"}, "key"),
        ({"key": "é"}, "key"),
        ({"key": "a" * 81}, "key"),
        ({"key": 5}, "key"),
        ({"key": "tipo"}, "key: is used by an earlier field"),
        ({"label": None}, "label: is required"),
        ({"label": "  "}, "label: is required"),
        ({"label": "x" * 121}, "label: has more than 120"),
        ({"label": "a\nb"}, "label: has characters"),
        ({"label": "a\x00b"}, "label: has characters"),
        ({"label": "\ud800"}, "label: has characters"),
        ({"label": 5}, "label: must be text"),
        ({"type": None}, "type: must be one of"),
        ({"type": "email"}, "type: must be one of: text, textarea"),
        ({"type": ["text"]}, "type: must be one of"),
        ({"required": "yes"}, "required: must be true or false"),
        ({"required": 1}, "required: must be true or false"),
        ({"helpText": "x" * 501}, "helpText: has more than 500"),
        ({"helpText": 1}, "helpText: must be text"),
        ({"placeholder": "x" * 201}, "placeholder: has more than 200"),
        ({"tooltip": "x"}, "keys: unknown keys: tooltip"),
        ({"validation": []}, "validation: must be an object"),
        ({"validation": {"pattern": "x"}}, "validation: unknown keys: pattern"),
        ({"validation": {"min": 3, "max": 2}}, "validation.min: must not be greater than max"),
        ({"validation": {"min": -1}}, "validation.min: must not be negative"),
        ({"validation": {"min": 1.5}}, "validation.min"),
        ({"validation": {"min": True}}, "validation.min"),
        ({"type": "date", "validation": {"max": 5}}, "validation.max"),
        ({"type": "date", "validation": {"min": "2026-02-30"}}, "validation.min"),
        ({"type": "date", "validation": {"min": "2026-02-02", "max": "2026-02-01"}}, "validation.min: must not be"),
        ({"type": "number", "validation": {"min": "x"}}, "validation.min"),
        ({"type": "checkbox", "validation": {"min": 1}}, "validation.min: has no meaning for type checkbox"),
        ({"type": "file", "validation": {"max": 1}}, "validation.max: has no meaning for type file"),
        ({"type": "secret", "validation": {"regex": "x"}}, "validation.regex: has no meaning for type secret"),
        ({"type": "number", "validation": {"regex": "x"}}, "validation.regex: has no meaning for type number"),
        ({"validation": {"regex": "("}}, "validation.regex: RE2 cannot take it: missing )"),
        ({"validation": {"regex": "(?=a)b"}}, "validation.regex: RE2 cannot take it"),
        ({"validation": {"regex": r"(a)\1"}}, "validation.regex: RE2 cannot take it"),
        ({"validation": {"regex": "((a{100}){100}){100}"}}, "validation.regex: RE2 cannot take it"),
        ({"validation": {"regex": "x" * 501}}, "validation.regex: has more than 500"),
        ({"validation": {"regex": 5}}, "validation.regex: must be text"),
        ({"options": [{"label": "A", "value": "a"}]}, "options: has no meaning for type text"),
        ({"optionsFrom": {"provider": "robots"}}, "optionsFrom: has no meaning for type text"),
        ({"type": "select"}, "options: a select needs either"),
        ({"type": "multiselect"}, "options: a select needs either"),
        ({"type": "select", "options": []}, "options: needs 1 to 500"),
        ({"type": "select", "options": {"a": "A"}}, "options: must be a list"),
        ({"type": "select", "options": ["a"]}, "options[0]: must be an object"),
        ({"type": "select", "options": [{"label": "A"}]}, "options[0].value: must be text"),
        ({"type": "select", "options": [{"value": "a"}]}, "options[0].label: is required"),
        ({"type": "select", "options": [{"label": "A", "value": " "}]}, "options[0].value: must not be blank"),
        ({"type": "select", "options": [{"label": "A", "value": True}]}, "options[0].value: must be text"),
        ({"type": "select", "options": [{"label": "A", "value": 2**63}]}, "options[0].value"),
        ({"type": "select", "options": [{"label": "A", "value": "a", "x": 1}]}, "options[0]: unknown keys: x"),
        (
            {"type": "select", "options": [{"label": "A", "value": 1}, {"label": "B", "value": "1"}]},
            "options[1].value: is there twice: 1",
        ),
        ({"type": "select", "options": [{"label": str(n), "value": n} for n in range(501)]}, "options: needs 1 to 500"),
        (LIVE | {"options": [{"label": "A", "value": "a"}]}, "options: a select needs either"),
        (LIVE | {"optionsFrom": "robots"}, "optionsFrom: must be an object"),
        (LIVE | {"optionsFrom": {}}, "optionsFrom.provider: is required"),
        (LIVE | {"optionsFrom": {"provider": "robots", "x": 1}}, "optionsFrom: unknown keys: x"),
        (LIVE | {"optionsFrom": {"provider": "robots", "filter": []}}, "optionsFrom.filter: must be an object"),
        (LIVE | {"optionsFrom": {"provider": "robots", "filter": {"tag": []}}}, "optionsFrom.filter.tag: must be text"),
        ({"dependsOn": "tipo"}, "dependsOn: has a meaning only beside optionsFrom"),
        (LIVE | {"dependsOn": "periodo"}, "dependsOn: 'periodo' is not an earlier field"),
        (LIVE | {"dependsOn": "later"}, "dependsOn: 'later' is not an earlier field"),
        (LIVE | {"dependsOn": ["tipo", 5]}, "dependsOn: must be text"),
        (LIVE | {"dependsOn": ["tipo"] * 6}, "dependsOn: has more than 5"),
        (LIVE | {"dependsOn": "senha"}, "dependsOn: 'senha' is a file or a secret"),
        ({"showIf": "tipo"}, "showIf: must be an object"),
        ({"showIf": {"operator": "eq", "value": "x"}}, "showIf.field: is required"),
        ({"showIf": {"field": "periodo", "operator": "eq", "value": "x"}}, "showIf.field: 'periodo' is not an earlier"),
        ({"showIf": {"field": "tipo", "operator": "like", "value": "x"}}, "showIf.operator: must be one of: eq"),
        ({"showIf": {"field": "tipo", "value": "x"}}, "showIf.operator: must be one of"),
        ({"showIf": {"field": "tipo", "operator": "gt", "value": "x"}}, "showIf.operator: gt does not apply"),
        ({"showIf": {"field": "senha", "operator": "eq", "value": "A"}}, "showIf.operator: eq does not apply"),
        ({"showIf": {"field": "tipo", "operator": "in", "value": "x"}}, "showIf.value: must be a list"),
        ({"showIf": {"field": "tipo", "operator": "eq", "value": 5}}, "showIf.value"),
        ({"showIf": {"field": "tipo", "operator": "eq"}}, "showIf.value"),
        ({"showIf": {"field": "tipo", "operator": "empty", "value": 5}}, "showIf.value: empty takes no value"),
        ({"showIf": {"field": "letra", "operator": "eq", "value": "z"}}, "showIf.value"),
        ({"showIf": {"field": "tipo", "operator": "eq", "value": "x", "and": 1}}, "showIf: unknown keys: and"),
        ({"default": 5}, "default: Field 'Período' must be text"),
        ({"default": "ab", "validation": {"min": 3}}, "default: Field 'Período' must have at least 3 characters"),
        ({"default": "x", "validation": {"regex": "y"}}, "default: Field 'Período' does not match"),
        ({"type": "date", "default": "today"}, "default: Field 'Período' must be a date"),
        ({"type": "file", "default": {"name": "a"}}, "default: has no meaning for type file"),
        (select(default="z"), "default: Field 'Período' must be one of its options"),
        (select(type="multiselect", default=["a", "z"]), "default: Field 'Período' must be one of its options"),
        (
            select(type="multiselect", default=["a"], validation={"min": 2}),
            "default: Field 'Período' must have at least 2",
        ),
    ],
)
def test_one_broken_field(changes: dict[str, object], rule: str) -> None:
    earlier = [EARLIER, entry(key="senha", type="secret"), select(key="letra")]
    broken = entry(**changes)

    with pytest.raises(SchemaInvalid) as caught:
        form(*earlier, broken)

    (problem,) = caught.value.problems
    assert rule in problem
    assert problem.startswith("Field ")


def test_a_field_that_is_no_object_is_named_by_its_place() -> None:
    with pytest.raises(SchemaInvalid) as caught:
        parse_form_schema({"fields": [entry(), "text"]})
    assert caught.value.problems == ["Field number 2, type: must be an object."]


def test_every_broken_field_is_reported_but_not_what_follows_from_it() -> None:
    with pytest.raises(SchemaInvalid) as caught:
        form(
            entry(key="a", type="nonsense"),
            entry(key="b", showIf={"field": "a", "operator": "filled"}),
            entry(key="c", label=""),
        )
    assert [problem.split(",")[0] for problem in caught.value.problems] == ["Field 'a'", "Field 'c'"]


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=8,
)
field_like = st.fixed_dictionaries(
    {"key": st.sampled_from(["a", "b", "c"]), "label": st.just("L"), "type": st.sampled_from(list(FieldType))},
    optional={
        "required": st.booleans() | json_values,
        "default": json_values,
        "validation": st.dictionaries(st.sampled_from(["min", "max", "regex"]), json_values) | json_values,
        "options": st.lists(st.fixed_dictionaries({"label": st.just("x"), "value": json_values}), max_size=3)
        | json_values,
        "optionsFrom": st.fixed_dictionaries({"provider": st.just("robots"), "filter": json_values}) | json_values,
        "dependsOn": st.sampled_from(["a", "b"]) | json_values,
        "showIf": st.fixed_dictionaries(
            {"field": st.sampled_from(["a", "b"]), "operator": st.sampled_from(list(Operator)), "value": json_values}
        ),
    },
)


@settings(max_examples=300, deadline=None)
@given(st.lists(field_like | json_values, max_size=4))
def test_any_json_is_accepted_or_refused_by_name(fields: list[object]) -> None:
    problems: list[str] = []
    count = 0
    try:
        count = len(parse_form_schema({"fields": fields}).fields)
    except SchemaInvalid as refusal:
        problems = refusal.problems
    assert problems or count == len(fields)
