"""Every text for people exists in Brazilian Portuguese, with the same places to fill in."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterator
from io import BytesIO
from pathlib import Path
from typing import cast

import pytest
from babel.messages import Catalog, Message
from babel.messages.extract import extract
from babel.messages.mofile import read_mo
from babel.messages.pofile import read_po
from django.apps import apps
from django.contrib.admin import AdminSite
from django.contrib.admin.utils import label_for_field
from django.db.models import Model
from django.utils import translation
from django.utils.functional import Promise
from django.utils.translation.template import templatize

from apps.common.admin_sites import organization_site, platform_site
from apps.common.errors import ApplicationError
from tests.structure import APPS, DEMO_ROBOTS, ROOT

CATALOGUES = sorted([*APPS.glob("*/locale/*/LC_MESSAGES/django.po"), *ROOT.glob("locale/*/LC_MESSAGES/django.po")])
FOLDERS = [*sorted(path.parent for path in APPS.glob("*/__init__.py")), ROOT]
PLACE = re.compile(r"%\(\w+\)[sd]|\{\w*\}")
CALLS = {
    **dict.fromkeys(("_", "gettext", "gettext_lazy", "gettext_noop"), None),
    **dict.fromkeys(("ngettext", "ngettext_lazy"), (1, 2)),
    **dict.fromkeys(("pgettext", "pgettext_lazy"), ((1, "c"), 2)),
    **dict.fromkeys(("npgettext", "npgettext_lazy"), ((1, "c"), 2, 3)),
}
# Names that Django's and others' base classes give their fields.
OF_LIBRARIES = {
    "accounts.GroupGrant": {"content_object", "content_type", "group", "permission"},
    "accounts.UserGrant": {"content_object", "content_type", "permission", "user"},
    "tenants.Domain": {"domain", "is_primary"},
    "tenants.Organization": {"schema_name"},
}
# Portuguese has taken these from elsewhere, or they are names.
SAME = re.compile("branch|canary|commit|e-mail|hard link|hosts?|id|logs?|menu|oficina|pool|portal|sha-256|token")
Key = tuple[str | None, str]  # context and text


def catalogue(path: Path) -> Catalog:
    with path.open("rb") as file:
        return read_po(file, abort_invalid=True)


def entries(read: Catalog) -> list[Message]:
    return [message for message in read if message.id]


def name_of(folder: Path) -> str:
    return "root" if folder == ROOT else folder.name


def forms(texts: str | tuple[str, ...] | list[str] | None) -> tuple[str, ...]:
    """A text, or each of its forms."""
    return tuple(texts) if isinstance(texts, tuple | list) else (texts or "",)


def key_of(message: Message) -> Key:
    context = cast("str | bytes | None", message.context)  # bytes where a compiled one was read
    return context.decode() if isinstance(context, bytes) else context, forms(message.id)[0]


def texts_of(folder: Path) -> Iterator[tuple[Key, Path]]:
    """What ``make messages`` would gather in ``folder``."""
    top = [ROOT / "config", ROOT / "templates"] if folder == ROOT else [folder]
    for path in (path for each in top for path in each.rglob("*") if path.suffix in {".py", ".html", ".txt"}):
        if "tests" in path.relative_to(folder).parts or path.is_relative_to(DEMO_ROBOTS):
            continue
        source = path.read_text(encoding="utf-8")
        if path.suffix != ".py":  # what Django makes of a template is calls between X's, which a lenient reader finds
            source = templatize(source, origin=str(path)) if "i18n" in source else ""
        how = "python" if path.suffix == ".py" else "javascript"
        for _line, text, _comments, context in extract(how, BytesIO(source.encode()), CALLS):
            yield (context, forms(text)[0]), path


@pytest.mark.parametrize("folder", FOLDERS, ids=name_of)
def test_every_text_has_an_entry(folder: Path) -> None:
    paths = [path for path in CATALOGUES if path.parents[3] == folder]
    known = {key_of(message) for path in paths for message in entries(catalogue(path))}
    missing = [(key, str(path.relative_to(ROOT))) for key, path in texts_of(folder) if key not in known]
    assert not missing, "run `make messages`, and translate them"


@pytest.mark.parametrize("path", CATALOGUES, ids=lambda path: name_of(path.parents[3]))
class TestCatalogue:
    def test_every_entry_is_translated(self, path: Path) -> None:
        found = entries(catalogue(path))
        assert found
        assert not [message.id for message in found if message.fuzzy or not all(forms(message.string))]

    def test_nothing_is_left_in_english(self, path: Path) -> None:
        kept = [message.id for message in entries(catalogue(path)) if forms(message.id)[0] in forms(message.string)]
        assert not [text for text in kept if not SAME.fullmatch(forms(text)[0].lower())]

    def test_places_to_fill_in_are_kept(self, path: Path) -> None:
        read = catalogue(path)
        wrong = {message.id: [str(error) for error in message.check(read)] for message in entries(read)}
        for message in entries(read):
            places = {place for text in forms(message.id) for place in PLACE.findall(text)}
            if any(set(PLACE.findall(text)) != places for text in forms(message.string)):
                wrong[message.id].append("other places to fill in")
        assert not {text: errors for text, errors in wrong.items() if errors}

    def test_what_is_compiled_is_what_is_written(self, path: Path) -> None:
        with path.with_suffix(".mo").open("rb") as file:
            compiled = {key_of(message): forms(message.string) for message in entries(read_mo(file))}
        written = {key_of(message): forms(message.string) for message in entries(catalogue(path))}
        assert compiled == written, "run `make messages`, and commit both files"


def test_a_text_reads_the_same_wherever_it_stands() -> None:
    """Django lays all catalogues over each other: the order of apps must decide nothing."""
    readings: dict[Key, set[tuple[str, ...]]] = defaultdict(set)
    for path in CATALOGUES:
        for message in entries(catalogue(path)):
            readings[key_of(message)].add(forms(message.string))
    assert not {key: found for key, found in readings.items() if len(found) > 1}


def test_errors_are_translated() -> None:
    def every(kind: type[ApplicationError]) -> Iterator[type[ApplicationError]]:
        yield kind
        for deeper in kind.__subclasses__():
            yield from every(deeper)

    ours = {kind for kind in every(ApplicationError) if kind.__module__.startswith("apps.")}
    same = []
    for kind in ours:
        with translation.override("en"):
            english = str(kind.message)
        with translation.override("pt-br"):
            if ".tests." not in kind.__module__ and str(kind.message) == english:
                same.append(kind)
    assert not same


def test_models_and_their_fields_have_names_for_people() -> None:
    ours = [model for model in apps.get_models() if model.__module__.startswith("apps.")]
    assert not {model._meta.label: names for model in ours if (names := list(_nameless(model)))}


@pytest.mark.parametrize("site", [organization_site, platform_site], ids=lambda site: str(site.name))
def test_columns_and_fields_of_the_back_office_have_names(site: AdminSite) -> None:
    """Where nobody gave one Django makes it of the attribute, in English."""
    english = []
    for model, page in site._registry.items():
        shown = {name for name in page.list_display if isinstance(name, str)}
        fields = {field.name for field in model._meta.fields if field.editable} - set(page.exclude or ())
        for name in sorted(shown | fields):
            with translation.override("en"):
                said = str(label_for_field(name, model, page))
            with translation.override("pt-br"):
                if not SAME.fullmatch(said.lower()) and str(label_for_field(name, model, page)) == said:
                    english.append(f"{model._meta.label}.{name}: {said}")
    assert not english


def _nameless(model: type[Model]) -> Iterator[str]:
    """Plurals are said, too: adding an “s” makes none in Portuguese."""
    said = cast("dict[str, object]", model._meta.original_attrs)
    for name in ("verbose_name", "verbose_name_plural"):
        if not isinstance(said.get(name), Promise):
            yield name
    for field in {*model._meta.fields, *model._meta.many_to_many}:
        named = isinstance(field.verbose_name, Promise) or field.name in OF_LIBRARIES.get(model._meta.label, ())
        if field.name != "id" and not named:
            yield field.name
