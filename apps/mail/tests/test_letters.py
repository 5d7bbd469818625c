"""Letters from templates."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from django.utils import translation
from django.utils.translation import gettext_lazy as _

from apps.mail.letters import Letter, letter

TEXT = "{% load i18n %}{% autoescape off %}{{ title }}: {% translate 'Platform' %} {{ name }}{% endautoescape %}"
HTML = """{% extends "mail/layout.html" %}{% block content %}{{ name }}{% include "mail/button.html" with label="Go" %}
{% endblock content %}"""


@pytest.fixture
def template(tmp_path: Path, settings: Any) -> str:
    (tmp_path / "note.txt").write_text(TEXT)
    (tmp_path / "note.html").write_text(HTML)
    [engine] = settings.TEMPLATES
    settings.TEMPLATES = [engine | {"DIRS": [tmp_path, *engine["DIRS"]]}]
    return "note"


def written(template: str, *, name: str = "Ana", language: str = "en", title: str = "Acme") -> Letter:
    return letter(
        to="ana@acme.example",
        language=language,
        template=template,
        subject=_("Platform"),
        title=title,
        context={"name": name, "link": "https://acme.example/?a=1&b=2"},
    )


def test_it_works(template: str) -> None:
    found = written(template)
    assert (found.to, found.subject, found.text) == ("ana@acme.example", "Platform", "Acme: Platform Ana\n")
    assert 'href="https://acme.example/?a=1&amp;b=2"' in found.html
    assert '<html lang="en">' in found.html


def test_it_speaks_the_readers_language_and_nobody_elses(template: str) -> None:
    with translation.override("en"):
        found = written(template, language="pt-BR")
        assert translation.get_language() == "en"
    assert (found.subject, found.text) == ("Plataforma", "Acme: Plataforma Ana\n")
    assert '<html lang="pt-br">' in found.html


def test_names_are_text_and_not_markup(template: str) -> None:
    found = written(template, name="<script>alert(1)</script> & co")
    assert "&lt;script&gt;" in found.html
    assert "<script>" not in found.html
    assert "<script>alert(1)</script> & co" in found.text


def test_a_subject_is_one_line(template: str) -> None:
    found = letter(
        to="ana@acme.example",
        language="en",
        template=template,
        subject="Note of %(name)s",
        title="Acme",
        context={"name": "Acme\r\nBcc: everybody@acme.example\u2028!", "link": ""},
    )
    assert found.subject == "Note of Acme Bcc: everybody@acme.example !"


def test_it_shows_its_reader_alone() -> None:
    shown = repr(Letter(to="ana@acme.example", subject="s3cret", text="s3cret", html="s3cret"))
    assert "s3cret" not in shown
