"""The registry of option providers: names, filters, cascade, secrets."""

from collections.abc import Collection
from typing import ClassVar

import pytest

from apps.common.actor import Actor
from apps.portal.forms.errors import Refused, SchemaInvalid
from apps.portal.forms.options import ActorOptions, Depends, Filter, Registry, no_options
from apps.portal.forms.parsing import parse_form_schema
from apps.portal.forms.schema import Option
from apps.portal.tests.forms.build import entry, form, select


class Letters:
    """Offers the letters of a word, or those of the parent's answer."""

    name: ClassVar[str] = "letters"
    filters: ClassVar[tuple[str, ...]] = ("word",)

    def check_filter(self, filters: Filter) -> None:
        """Know one filter."""
        if set(filters) - {"word"}:
            raise Refused("optionsFrom.filter", "unknown.")

    def resolve(self, actor: Actor, filters: Filter, depends: Depends, only: Collection[str] | None) -> list[Option]:
        """Offer letters, in the case the actor's label asks for."""
        word = str(next(iter(depends.values()), filters.get("word", "")))
        return [Option(letter, letter) for letter in word if only is None or letter in only]


class Names(Letters):
    """Names of secrets."""

    name: ClassVar[str] = "secrets"

    def resolve(self, actor: Actor, filters: Filter, depends: Depends, only: Collection[str] | None) -> list[Option]:
        """Offer one."""
        return [Option("CRM", "CRM")]


ACTOR = Actor.system("test", schema="t_test")
LIVE = entry(type="select", optionsFrom={"provider": "letters", "filter": {"word": "abc"}})


def test_it_works() -> None:
    resolve = ActorOptions(Registry([Letters()]), ACTOR)
    (field,) = form(LIVE).fields
    assert resolve(field, {}) == (Option("a", "a"), Option("b", "b"), Option("c", "c"))
    assert resolve(field, {}, {"b", "z"}) == (Option("b", "b"),)


def test_fixed_options_need_no_provider() -> None:
    (field,) = form(select()).fields
    assert Registry().resolve(ACTOR, field, {}) == no_options(field, {}) == field.options


def test_options_wait_for_the_parents_answer() -> None:
    schema = form(entry(key="p"), LIVE | {"dependsOn": "p"})
    resolve = ActorOptions(Registry([Letters()]), ACTOR)
    assert resolve(schema.fields[1], {}) == ()
    assert resolve(schema.fields[1], {"p": "z"}) == (Option("z", "z"),)


def test_a_secret_field_asks_the_provider_of_secrets() -> None:
    (field,) = form(entry(type="secret")).fields
    assert Registry([Names()]).resolve(ACTOR, field, {}) == (Option("CRM", "CRM"),)
    assert Registry().resolve(ACTOR, field, {}) == ()


def test_a_form_with_an_unknown_provider_is_refused() -> None:
    with pytest.raises(SchemaInvalid, match=r"Field 'periodo', optionsFrom\.provider: must be one of: letters"):
        parse_form_schema(
            {"fields": [entry(type="select", optionsFrom={"provider": "planets"})]},
            check_filter=Registry([Letters()]).check_source,
        )


def test_a_form_with_an_unknown_filter_is_refused() -> None:
    source = {"provider": "letters", "filter": {"colour": "red"}}
    with pytest.raises(SchemaInvalid, match=r"Field 'periodo', optionsFrom\.filter"):
        parse_form_schema(
            {"fields": [entry(type="select", optionsFrom=source)]}, check_filter=Registry([Letters()]).check_source
        )


def test_a_name_is_taken_once() -> None:
    with pytest.raises(ValueError, match="registered twice"):
        Registry([Letters(), Letters()])
