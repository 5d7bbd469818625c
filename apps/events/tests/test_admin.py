"""The ledger's pages."""

from __future__ import annotations

from apps.common.admin_sites import organization_site, platform_site
from apps.common.ids import uuid7
from apps.events.models import Event

FIREFOX = "Mozilla/5.0 (Windows NT 10.0; Win64; x64; rv:130.0) Gecko/20100101 Firefox/130.0"


def test_it_works() -> None:
    for site in (organization_site, platform_site):
        assert site.is_registered(Event)
        assert site.get_model_admin(Event).form_fields == ()


def test_subjects_are_named_for_people_at_a_length_that_rows_have_room_for() -> None:
    shown = organization_site.get_model_admin(Event)
    run = uuid7()
    for subject_type, subject_label, kind, subject in (
        ("robots.run", str(run), "Run", str(run)[-8:]),
        ("accounts.session", f"<Mozilla> {'X' * 200}", "Session", f"&lt;Mozilla&gt; {'X' * 37}…"),
        ("accounts.session", "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Firefox/140.0", "Session", "Firefox on Linux"),
        ("accounts.session", f"{FIREFOX} (192.0.2.1)", "Session", "Firefox on Windows (192.0.2.1)"),
        ("accounts.session", "? (?)", "Session", "? (?)"),
        ("portal.domain", "Pessoal", "Domain", "Pessoal"),
        ("old.thing", "Left over", "old.thing", "Left over"),
    ):
        event = Event(subject_type=subject_type, subject_id=str(run), subject_label=subject_label)
        assert shown.kind(event) == kind
        assert f">{subject}</span>" in shown.subject(event)
