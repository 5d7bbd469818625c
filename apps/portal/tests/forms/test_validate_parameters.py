"""Submitted parameters against a form: precedence, blanks, bounds, hidden fields, live options."""

import json
from datetime import UTC
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from apps.portal.forms.errors import ParametersInvalid
from apps.portal.forms.schema import FormSchema
from apps.portal.forms.validation import validate_parameters
from apps.portal.tests.forms.build import TableOptions, entry, form, select


def refused(schema: FormSchema, submitted: dict[str, object], **options: object) -> ParametersInvalid:
    """Return the refusal of these parameters."""
    with pytest.raises(ParametersInvalid) as caught:
        validate_parameters(schema, submitted, **options)  # type: ignore[arg-type]
    return caught.value


def test_it_works() -> None:
    schema = form(entry(required=True), entry(key="n", type="integer"), entry(key="ok", type="checkbox", default=False))
    assert validate_parameters(schema, {"n": "5", "periodo": "2026-02"}) == {"periodo": "2026-02", "n": 5, "ok": False}


def test_answers_come_in_the_order_of_the_form() -> None:
    schema = form(entry(key="b"), entry(key="a"))
    assert list(validate_parameters(schema, {"a": "1", "b": "2"})) == ["b", "a"]


def test_unknown_parameters() -> None:
    refusal = refused(form(entry(required=True)), {"b": 1, "a": 2})
    assert refusal.detail == "Unknown parameters: a, b."
    assert set(refusal.errors) == {"a", "b", "periodo"}


def test_a_flood_of_unknown_parameters_is_counted_not_repeated() -> None:
    refusal = refused(form(), {f"k{n}\ud800" + "x" * 500: n for n in range(1000)})
    assert refusal.detail.endswith("and 980 more.")
    assert len(refusal.detail) < 2500
    refusal.detail.encode()
    assert len(refusal.errors) == 20


def test_missing() -> None:
    refusal = refused(form(entry(required=True)), {})
    assert refusal.detail == "Field 'Período' is required."
    assert refusal.errors == {"periodo": ["Field 'Período' is required."]}


@pytest.mark.parametrize("blank", [None, "", "  ", []])
def test_blank_in_a_required_field_is_missing(blank: object) -> None:
    schema = form(entry(required=True, default="2026-02"))
    assert refused(schema, {"periodo": blank}).detail == "Field 'Período' is required."


@pytest.mark.parametrize("blank", [None, "", "  ", []])
@pytest.mark.parametrize("field_type", ["text", "number", "integer", "date", "datetime", "checkbox", "file", "secret"])
def test_blank_in_an_optional_field_is_absent(field_type: str, blank: object) -> None:
    assert validate_parameters(form(entry(type=field_type)), {"periodo": blank}) == {}


def test_submitted_beats_template_default_beats_field_default() -> None:
    schema = form(entry(default="field"))
    assert validate_parameters(schema, {"periodo": "sent"}, defaults={"periodo": "template"}) == {"periodo": "sent"}
    assert validate_parameters(schema, {}, defaults={"periodo": "template"}) == {"periodo": "template"}
    assert validate_parameters(schema, {"periodo": " "}, defaults={"periodo": "template"}) == {"periodo": "template"}
    assert validate_parameters(schema, {}, defaults={"periodo": None}) == {"periodo": "field"}
    assert validate_parameters(schema, {}) == {"periodo": "field"}


def test_a_default_that_is_false_counts() -> None:
    schema = form(entry(type="checkbox", default=True))
    assert validate_parameters(schema, {}, defaults={"periodo": False}) == {"periodo": False}
    assert validate_parameters(schema, {"periodo": False}) == {"periodo": False}


def test_a_default_satisfies_a_required_field() -> None:
    assert validate_parameters(form(entry(required=True)), {}, defaults={"periodo": "x"}) == {"periodo": "x"}


@pytest.mark.parametrize(
    ("changes", "value", "sentence"),
    [
        ({"validation": {"min": 3}}, "ab", "must have at least 3 characters."),
        ({"validation": {"max": 3}}, "abcd", "must have at most 3 characters."),
        ({"validation": {"regex": r"\d{4}-\d{2}"}}, "2026-02-01", "does not match the expected format."),
        ({"validation": {"regex": "a|ab"}}, "abc", "does not match the expected format."),
        ({"type": "number", "validation": {"min": 0.5}}, "0.4", "must be at least 0.5."),
        ({"type": "integer", "validation": {"max": 12}}, 13, "must be at most 12."),
        ({"type": "date", "validation": {"min": "2026-01-01"}}, "2025-12-31", "must be at least 2026-01-01."),
        ({"type": "date", "validation": {"max": "2026-01-01"}}, "2026-01-02", "must be at most 2026-01-01."),
        (
            {"type": "datetime", "validation": {"max": "2026-01-01T10:00Z"}},
            "2026-01-01T10:00:00-01:00",
            "must be at most 2026-01-01T10:00:00+00:00.",
        ),
        (select(type="multiselect", validation={"min": 2}), ["a"], "must have at least 2 choices."),
        (select(type="multiselect", validation={"max": 1}), ["a", "b"], "must have at most 1 choices."),
        (select(), "z", "must be one of its options."),
        (select(), "A", "must be one of its options."),
        (select(type="multiselect"), ["a", "z"], "must be one of its options."),
        ({"type": "secret"}, "NOT_THERE", "must be one of its options."),
    ],
)
def test_rules(changes: dict[str, object], value: object, sentence: str) -> None:
    refusal = refused(form(entry(**changes)), {"periodo": value})
    assert refusal.errors == {"periodo": [f"Field 'Período' {sentence}"]}


@pytest.mark.parametrize(
    ("changes", "value"),
    [
        ({"validation": {"min": 3, "max": 3}}, "açã"),
        ({"validation": {"regex": r"^\d{4}-\d{2}$"}}, "2026-02"),
        ({"type": "number", "validation": {"min": 0, "max": 0}}, 0),
        ({"type": "date", "validation": {"min": "2026-01-01", "max": "2026-01-01"}}, "2026-01-01"),
        (select(type="multiselect", validation={"min": 2, "max": 2}), ["b", "a"]),
    ],
)
def test_bounds_include_their_ends(changes: dict[str, object], value: object) -> None:
    assert validate_parameters(form(entry(**changes)), {"periodo": value}) == {"periodo": value}


def test_every_error_is_reported() -> None:
    schema = form(entry(required=True), entry(key="n", label="N", type="integer"))
    refusal = refused(schema, {"n": "x"})
    assert list(refusal.errors) == ["periodo", "n"]
    assert refusal.detail == "Field 'Período' is required."


def test_options_with_whole_numbers_take_their_text() -> None:
    schema = form(entry(type="select", options=[{"label": "2026", "value": 2026}]))
    assert validate_parameters(schema, {"periodo": "2026"}) == {"periodo": 2026}


def test_a_time_without_offset_is_meant_in_the_zone() -> None:
    zone = ZoneInfo("America/Sao_Paulo")
    values = validate_parameters(form(entry(type="datetime")), {"periodo": "2026-02-01T10:00"}, zone=zone)
    assert values == {"periodo": "2026-02-01T10:00:00-03:00"}


HIDDEN = (
    entry(key="tipo", label="Tipo"),
    entry(required=True, default="x", showIf={"field": "tipo", "operator": "eq", "value": "mensal"}),
)


def test_a_hidden_field_is_not_required_and_its_defaults_do_not_apply() -> None:
    schema = form(*HIDDEN)
    assert validate_parameters(schema, {"tipo": "anual"}, defaults={"periodo": "y"}) == {"tipo": "anual"}
    assert validate_parameters(schema, {"tipo": "anual", "periodo": ""}) == {"tipo": "anual"}
    assert validate_parameters(schema, {"tipo": "mensal"}) == {"tipo": "mensal", "periodo": "x"}


def test_a_value_for_a_hidden_field_is_refused() -> None:
    refusal = refused(form(*HIDDEN), {"tipo": "anual", "periodo": "2026-02"})
    assert refusal.errors == {"periodo": ["Field 'Período' does not apply to the other answers."]}


def test_what_depends_on_a_refused_field_is_not_judged() -> None:
    schema = form(
        entry(key="n", type="integer"),
        entry(required=True, showIf={"field": "n", "operator": "gt", "value": 5}),
        entry(key="z", required=True, showIf={"field": "periodo", "operator": "filled"}),
    )
    assert list(refused(schema, {"n": "x", "periodo": "y"}).errors) == ["n"]


CASCADE = (
    entry(key="robo", label="Robô", type="select", optionsFrom={"provider": "robots"}),
    entry(key="versao", label="Versão", type="select", optionsFrom={"provider": "versions"}, dependsOn="robo"),
)


def test_live_options_cascade() -> None:
    resolver = TableOptions({("robo", ()): ["r1", "r2"], ("versao", ("r1",)): ["v1"], ("versao", ("r2",)): ["v2"]})
    values = validate_parameters(form(*CASCADE), {"robo": "r2", "versao": "v2"}, options_resolver=resolver)
    assert values == {"robo": "r2", "versao": "v2"}
    assert resolver.asked == [("robo", {"r2"}), ("versao", {"v2"})]


def test_a_stale_or_foreign_option_is_refused() -> None:
    resolver = TableOptions({("robo", ()): ["r1", "r2"], ("versao", ("r1",)): ["v1"]})
    refusal = refused(form(*CASCADE), {"robo": "r2", "versao": "v1"}, options_resolver=resolver)
    assert refusal.errors == {"versao": ["Field 'Versão' must be one of its options."]}


def test_a_default_that_went_stale_is_refused_too() -> None:
    refusal = refused(form(*CASCADE), {}, defaults={"robo": "gone"}, options_resolver=TableOptions({}))
    assert list(refusal.errors) == ["robo"]


def test_an_option_needs_its_parents_answer() -> None:
    refusal = refused(form(*CASCADE), {"versao": "v1"}, options_resolver=TableOptions({}))
    assert refusal.errors == {"versao": ["Field 'Versão' needs an answer in 'Robô' first."]}


def test_options_of_a_refused_parent_are_not_asked_for() -> None:
    resolver = TableOptions({("robo", ()): ["r1"]})
    refusal = refused(form(*CASCADE), {"robo": "r9", "versao": "v1"}, options_resolver=resolver)
    assert list(refusal.errors) == ["robo"]
    assert resolver.asked == [("robo", {"r9"})]


def test_a_secret_is_one_of_the_names_the_actor_may_use() -> None:
    resolver = TableOptions({("periodo", ()): ["CRM_TOKEN"]})
    schema = form(entry(type="secret"))
    assert validate_parameters(schema, {"periodo": "CRM_TOKEN"}, options_resolver=resolver) == {"periodo": "CRM_TOKEN"}
    assert refused(schema, {"periodo": "OTHER"}, options_resolver=resolver).errors


def test_catastrophic_patterns_are_linear() -> None:
    schema = form(entry(validation={"regex": "(a+)+b"}))
    assert refused(schema, {"periodo": "a" * 4000}).errors


json_values = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats()
    | st.text(max_size=10)
    | st.sampled_from(["a", "b", "2026-01-01"]),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=5,
)
EVERY_TYPE = form(
    *(entry(key=kind, type=kind) for kind in ("text", "textarea", "number", "integer", "date", "datetime", "checkbox")),
    entry(key="file", type="file"),
    entry(key="secret", type="secret"),
    select(key="select"),
    select(key="multiselect", type="multiselect"),
    entry(key="shown", showIf={"field": "number", "operator": "gt", "value": 3}),
)


@given(st.dictionaries(st.sampled_from([*EVERY_TYPE.by_key, "unknown"]), json_values))
def test_any_parameters_are_accepted_or_refused_and_acceptance_is_stable(submitted: dict[str, object]) -> None:
    try:
        values = validate_parameters(EVERY_TYPE, submitted, zone=UTC)
    except ParametersInvalid as refusal:
        answer = {"detail": refusal.detail, "errors": refusal.errors}
        json.dumps(answer, ensure_ascii=False).encode()
        return
    again = json.loads(json.dumps(values, allow_nan=False))
    assert validate_parameters(EVERY_TYPE, again) == values
