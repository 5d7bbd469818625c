"""What went wrong with a run, in words."""

from __future__ import annotations

import pytest
from django.utils import translation

from apps.robots.templatetags.runs import problem_text


@pytest.mark.parametrize(
    ("message", "text"),
    [
        ("Process returned exit code 2", "Terminou com o código de saída 2."),
        ("last seen at line 17", "O executor se perdeu; visto pela última vez na linha 17."),
        ("TIMEOUT", "Demorou mais do que pode."),
        ("Internal error", "Algo deu errado do nosso lado."),
        ("It was not finished when the organization was exported.", None),
        ("Could not start: no such file", "Could not start: no such file"),
        ("Process returned exit code 2, it says", "Process returned exit code 2, it says"),
        ("100 % of %(number)s", "100 % of %(number)s"),
        ("", ""),
    ],
)
def test_it_works(message: str, text: str | None) -> None:
    with translation.override("pt-br"):
        said = problem_text(message)
    assert said == text if text is not None else said != message
