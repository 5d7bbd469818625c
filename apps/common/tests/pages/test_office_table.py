"""Tables of the back-office that are no lists of unfold."""

from __future__ import annotations

from django.template import Context, Template


def drawn(call: str, **context: object) -> str:
    source = f"{{% load office %}}{{% office_table {call} %}}<tr><td>{{{{ cell }}}}</td></tr>{{% endoffice_table %}}"
    return " ".join(Template(source).render(Context(context)).split())


def test_it_works() -> None:
    shown = drawn('"Name" head more=others titled_by="names" acted=True', head="a<b", others=["Extra"], cell="<i>")
    assert 'role="region" aria-labelledby="names"' in shown
    assert '<table class="office-table office-wide">' in shown
    for head in ("Name", "a&lt;b", "Extra"):
        assert f'<th scope="col">{head}</th>' in shown
    assert '<span class="only-read">Actions</span>' in shown
    assert "<tbody> <tr><td>&lt;i&gt;</td></tr> </tbody>" in shown


def test_a_head_that_is_empty_is_left_out() -> None:
    shown = drawn('"Name" missing')
    assert shown.count("<th") == 1 + shown.count("<thead")
    assert "only-read" not in shown
    assert "role=" not in shown
