"""Every text of the portal exists in Brazilian Portuguese, with the same places to fill in."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from django.utils import translation

CATALOGUE = Path(__file__).parent.parent / "locale" / "pt_BR" / "LC_MESSAGES" / "django.po"
PLACE = re.compile(r"%\(\w+\)[sd]|\{\w*\}")
IN_TEMPLATES = re.compile(r"""\{% translate "([^"]+)" """)


def test_no_text_is_left_empty() -> None:
    entries = CATALOGUE.read_text(encoding="utf-8").split("\n\n")[1:]
    assert len(entries) > 150
    assert not [entry for entry in entries if re.search(r'msgstr(?:\[\d\])? ""$', entry, re.MULTILINE)]


def test_places_to_fill_in_are_kept() -> None:
    wrong = []
    for entry in CATALOGUE.read_text(encoding="utf-8").split("\n\n")[1:]:
        asked, _, given = entry.partition("\nmsgstr")
        if set(PLACE.findall(asked)) != set(PLACE.findall(given)):
            wrong.append(entry)
    assert not wrong


@pytest.mark.parametrize("app", ["portal", "robots", "common"])
def test_what_templates_say_is_translated(app: str) -> None:
    folder = CATALOGUE.parents[4] / app / "templates"
    texts = {text for path in folder.rglob("*.html") for text in IN_TEMPLATES.findall(path.read_text(encoding="utf-8"))}
    same_in_both = {"Portal", "Status", "Log", "E-mail"}
    with translation.override("pt-br"):
        assert not [text for text in texts - same_in_both if translation.gettext(text) == text]
