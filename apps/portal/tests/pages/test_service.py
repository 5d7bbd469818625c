"""A service's form: drawn, sent, refused, and what it would run."""

from __future__ import annotations

import re
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.utils import timezone

from apps.accounts.models import Session, User
from apps.common.ids import uuid7
from apps.common.testing import arriving, proven
from apps.portal.models import Service
from apps.portal.services.services import service_update
from apps.portal.tests.conftest import ActorOf, Browser, MakeService, grant
from apps.robots.models import RobotVersion, Run
from apps.robots.tests.factories import run_ended

FIELDS = [
    {"key": "name", "label": "Name", "type": "text", "required": True, "helpText": "Who?", "placeholder": "Ada"},
    {"key": "note", "label": "Note", "type": "textarea", "default": "two\nlines"},
    {"key": "count", "label": "Count", "type": "integer", "validation": {"min": 1, "max": 9}},
    {"key": "day", "label": "Day", "type": "date"},
    {"key": "at", "label": "At", "type": "datetime"},
    {
        "key": "kind",
        "label": "Kind",
        "type": "select",
        "options": [{"label": "A", "value": 1}, {"label": "B", "value": 2}],
    },
    {
        "key": "tags",
        "label": "Tags",
        "type": "multiselect",
        "options": [{"label": "Red", "value": "r"}, {"label": "Blue", "value": "b"}],
    },
    {"key": "fast", "label": "Fast", "type": "checkbox", "default": True},
    {"key": "why", "label": "Why", "type": "text", "showIf": {"field": "kind", "operator": "eq", "value": 2}},
    {"key": "file", "label": "File", "type": "file"},
]


def sent(**answers: Any) -> dict[str, Any]:
    """What a browser sends for a form with these answers."""
    data: dict[str, Any] = {"action": "run", "shown-fast": "1", "shown-tags": "1", "idempotency_key": "k1"}
    return data | {f"answer-{key}": value for key, value in answers.items()}


@pytest.fixture
def address(make_service: MakeService, version: RobotVersion) -> str:
    made = make_service(form_schema_json={"fields": FIELDS}, run_template_json={"mapping": {}})
    return f"/portal/services/{made.pk}/"


def test_it_works(teammate: User, browser: Browser, address: str) -> None:
    client = browser(teammate)
    page = client.get(address).content.decode()
    for part in (
        'name="answer-name"',
        'placeholder="Ada"',
        'type="number"',
        'type="date"',
        'type="datetime-local"',
        'type="file"',
        'min="1"',
        'enctype="multipart/form-data"',
        'aria-describedby="help-name"',
    ):
        assert part in page
    assert re.search(r'name="answer-fast"[^>]*\schecked', page)
    answer = client.post(
        address,
        sent(
            name="Ada",
            note="a\nb",
            count="5",
            day="2026-02-03",
            at="2026-02-03T10:00",
            kind="2",
            tags=["r", "b"],
            why="x",
        )
        | {"zone": "America/Sao_Paulo", "answer-file": SimpleUploadedFile("a.txt", b"hello")},
    )
    run = Run.objects.get()
    assert (answer.status_code, answer["Location"]) == (302, f"/portal/runs/{run.pk}/")
    parameters = dict(run.parameters)
    assert parameters.pop("file")["name"] == "a.txt"
    assert parameters == {
        "name": "Ada",
        "note": "a\nb",
        "count": 5,
        "day": "2026-02-03",
        "at": "2026-02-03T10:00:00-03:00",
        "kind": 2,
        "tags": ["r", "b"],
        "fast": False,
        "why": "x",
    }


def test_mistakes_stand_at_their_fields_and_nothing_is_lost(teammate: User, browser: Browser, address: str) -> None:
    answer = browser(teammate).post(
        address,
        sent(name="", count="99", note="<b>", tags="r") | {"answer-file": SimpleUploadedFile("kept.txt", b"hello")},
    )
    page = answer.content.decode()
    assert answer.status_code == 400
    assert "<title>\n      Error:" in re.sub(r"\n\s+", "\n      ", page)
    assert 'href="#answer-name"' in page
    assert 'id="error-name"' in page
    assert "must be at most 9" in page
    assert 'value="99"' in page
    assert "&lt;b&gt;" in page
    assert re.search(r'value="r"\s+checked', page)
    assert not re.search(r'name="answer-fast"[^>]*\schecked', page)
    kept = re.search(r'name="kept-file"\s+value="([^"]+)"', page)
    assert kept is not None
    assert "kept.txt" in page
    assert not Run.objects.exists()


def test_a_kept_file_is_sent_again(teammate: User, browser: Browser, address: str) -> None:
    kept = '{"name": "kept.txt", "content_base64": "aGVsbG8="}'
    assert browser(teammate).post(address, sent(name="Ada") | {"kept-file": kept}).status_code == 302
    assert Run.objects.get().parameters["file"]["size"] == 5


@pytest.mark.parametrize(
    "kept",
    [
        "{",
        "[]",
        '{"name": 1, "content_base64": []}',
        '{"content_base64": "%"}',
        "null",
        f'{{"name": {"[" * 300}{"]" * 300}}}',
    ],
)
def test_a_forged_kept_file_is_no_fault_of_ours(teammate: User, browser: Browser, address: str, kept: str) -> None:
    assert browser(teammate).post(address, sent(name="Ada") | {"kept-file": kept}).status_code in {302, 400}


def test_a_large_file_is_refused(teammate: User, browser: Browser, address: str) -> None:
    large = SimpleUploadedFile("a.bin", b"x" * (200 * 1024))
    answer = browser(teammate).post(address, sent(name="Ada") | {"answer-file": large})
    assert answer.status_code == 400
    assert "is larger than" in answer.content.decode()


@pytest.mark.parametrize(
    "hostile",
    [
        {"answer-name": "a\x00b"},
        {"answer-kind": "3"},
        {"answer-tags": ["r", "nope"]},
        {"answer-at": "yesterday"},
        {"answer-count": "1e999"},
        {"answer-name": "x" * 5000},
        {"answer-why": "does not apply"},
    ],
)
def test_bad_answers_are_refused(teammate: User, browser: Browser, address: str, hostile: dict[str, Any]) -> None:
    answer = browser(teammate).post(address, sent(name="Ada") | hostile)
    assert answer.status_code == 400
    assert not Run.objects.exists()


@pytest.mark.parametrize("zone", ["Nowhere/Land", "../../etc/passwd", "\x00", "x" * 1000, ""])
def test_an_odd_zone_is_none(teammate: User, browser: Browser, address: str, zone: str) -> None:
    answer = browser(teammate).post(address, sent(name="Ada", at="2026-02-03T10:00") | {"zone": zone})
    assert answer.status_code == 302
    assert Run.objects.get().parameters["at"] == "2026-02-03T10:00:00+00:00"


def test_questions_that_do_not_apply_may_be_left_as_they_are(
    teammate: User, browser: Browser, make_service: MakeService, version: RobotVersion
) -> None:
    """Without JavaScript every question is shown, with its default in it."""
    hidden = {"field": "more", "operator": "eq", "value": True}
    fields = [
        {"key": "more", "label": "More", "type": "checkbox"},
        {"key": "word", "label": "Word", "type": "text", "default": "abc", "showIf": hidden},
        {"key": "sure", "label": "Sure", "type": "checkbox", "showIf": hidden},
    ]
    made = make_service(form_schema_json={"fields": fields}, run_template_json={"mapping": {}})
    data = {"action": "run", "shown-more": "1", "answer-word": "abc", "shown-sure": "1"}
    assert browser(teammate).post(f"/portal/services/{made.pk}/", data).status_code == 302
    assert Run.objects.get().parameters == {"more": False}
    changed = data | {"answer-word": "other"}
    assert browser(teammate).post(f"/portal/services/{made.pk}/", changed).status_code == 400


def test_sent_twice_it_runs_once(teammate: User, browser: Browser, address: str) -> None:
    client = browser(teammate)
    first, second = client.post(address, sent(name="Ada")), client.post(address, sent(name="Ada"))
    assert first["Location"] == second["Location"]
    assert Run.objects.count() == 1
    assert client.post(address, sent(name="Bob"))["Location"] != first["Location"]
    assert client.post(address, sent(name="Ada") | {"idempotency_key": "k2"})["Location"] != first["Location"]


def test_without_a_key_it_runs_each_time(teammate: User, browser: Browser, address: str) -> None:
    client, keyless = browser(teammate), sent(name="Ada") | {"idempotency_key": ""}
    assert client.post(address, keyless)["Location"] != client.post(address, keyless)["Location"]
    assert Run.objects.count() == 2


def test_the_key_of_another_person_is_another_key(
    teammate: User, maintainer: User, browser: Browser, address: str
) -> None:
    browser(teammate).post(address, sent(name="Ada"))
    browser(maintainer).post(address, sent(name="Ada"))
    assert Run.objects.count() == 2


def test_what_will_run_writes_nothing(teammate: User, browser: Browser, service: Service) -> None:
    client, address = browser(teammate), f"/portal/services/{service.pk}/"
    data = {"action": "preview", "answer-periodo": "2026-02"}
    page = client.post(address, data).content.decode()
    assert "--periodo=2026-02" in page
    assert 'value="2026-02"' in page
    plan = client.post(address, data, headers={"Accept": "application/json"}).json()
    assert plan["arguments"] == ["--fixed", "--periodo=2026-02", "--inativos=false"]
    assert ["SERVICE_DOMAIN", "dp-rh"] in plan["environment"]
    wrong = client.post(address, data | {"answer-periodo": "x"}, headers={"Accept": "application/json"})
    assert (wrong.status_code, list(wrong.json()["errors"])) == (400, ["periodo"])
    assert not Run.objects.exists()


def test_choices_are_resolved_anew(
    teammate: User, browser: Browser, make_service: MakeService, version: RobotVersion
) -> None:
    fields = [
        {"key": "robot", "label": "Robot", "type": "select", "optionsFrom": {"provider": "robots"}},
        {
            "key": "version",
            "label": "Version",
            "type": "select",
            "optionsFrom": {"provider": "versions"},
            "dependsOn": "robot",
        },
    ]
    made = make_service(form_schema_json={"fields": fields}, run_template_json={"mapping": {}})
    client, address = browser(teammate), f"/portal/services/{made.pk}/"
    page = client.get(address).content.decode()
    assert str(version.pk) not in page
    assert 'data-first="First answer: Robot"' in page
    assert "Nothing to choose from" not in page.partition('id="form-texts"')[0]
    answer = client.post(address, {"action": "refresh", "answer-robot": str(version.robot_id)})
    assert answer.status_code == 200
    page = answer.content.decode()
    assert str(version.pk) in page
    assert page.count("First answer: Robot") == 1, "as the script would say it"
    assert not Run.objects.exists()


def test_what_needs_confirming_is_confirmed(
    owner: User, teammate: User, browser: Browser, service: Service, actor: ActorOf
) -> None:
    changes = {"confirmation_text": "This pays people."}
    service_update(actor=actor(owner), service=service, changes=changes, now=timezone.now())
    client, address = browser(teammate), f"/portal/services/{service.pk}/"
    data = {"action": "run", "answer-periodo": "2026-02"}
    assert "This pays people." in client.get(address).content.decode()
    refused = client.post(address, data)
    assert refused.status_code == 400
    assert "Tick the box to confirm." in refused.content.decode()
    assert client.post(address, data | {"confirmed": "yes"}).status_code == 302


def test_a_service_without_a_version_says_so(teammate: User, browser: Browser, make_service: MakeService) -> None:
    made = make_service()
    answer = browser(teammate).post(f"/portal/services/{made.pk}/", {"action": "run", "answer-periodo": "2026-02"})
    assert answer.status_code == 404
    assert "The robot has no active version." in answer.content.decode()
    assert 'name="answer-periodo"' in answer.content.decode()


def test_a_disabled_one_does_not_run(owner: User, browser: Browser, service: Service, actor: ActorOf) -> None:
    service_update(actor=actor(owner), service=service, changes={"enabled": False}, now=timezone.now())
    client, address = browser(owner), f"/portal/services/{service.pk}/"
    assert "This service is disabled" in client.get(address).content.decode()
    assert client.post(address, {"action": "run", "answer-periodo": "2026-02"}).status_code == 400


def test_a_viewer_may_look_and_not_run(viewer: User, browser: Browser, service: Service) -> None:
    client, address = browser(viewer), f"/portal/services/{service.pk}/"
    page = client.get(address).content.decode()
    assert "You may look, but not run it" in page
    assert re.search(r"<fieldset\s+disabled", page)
    assert client.post(address, {"action": "run", "answer-periodo": "2026-02"}).status_code == 403
    assert not Run.objects.exists()


def test_an_unseen_one_is_not_there(
    owner: User, teammate: User, browser: Browser, service: Service, make_service: MakeService
) -> None:
    grant(teammate, "service.read", make_service(title="Other"))
    client, address = browser(teammate), f"/portal/services/{service.pk}/"
    assert client.get(address).status_code == 404
    assert client.post(address, {"action": "run"}).status_code == 404
    assert client.get(f"{address}runs/").status_code == 404


def test_it_begins_with_the_answers_of_an_earlier_run(
    teammate: User, stranger: User, browser: Browser, service: Service
) -> None:
    client, address = browser(teammate), f"/portal/services/{service.pk}/"
    client.post(address, {"action": "run", "answer-periodo": "2025-11"})
    run = Run.objects.get()
    assert 'value="2025-11"' in client.get(address, {"from": str(run.pk)}).content.decode()
    for odd in ("x", "00000000-0000-7000-8000-000000000000"):
        assert client.get(address, {"from": odd}).status_code in {200, 404}


def test_its_runs_come_in_parts(
    teammate: User, browser: Browser, service: Service, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("apps.portal.pages.services.RUNS_ON_A_PAGE", 2)
    client, address = browser(teammate), f"/portal/services/{service.pk}/"
    for month in ("01", "02", "03"):
        client.post(address, {"action": "run", "answer-periodo": f"2026-{month}"})
    newest, middle, oldest = Run.objects.order_by("-id")
    page = client.get(f"{address}runs/").content.decode()
    assert str(newest.pk) in page
    assert str(oldest.pk) not in page
    assert f"?before={middle.pk}" in page
    assert str(oldest.pk) in client.get(f"{address}runs/", {"before": str(middle.pk)}).content.decode()
    assert client.get(f"{address}runs/", {"before": "x"}).status_code == 404


def test_what_was_measured_goes_before_what_was_expected(teammate: User, browser: Browser, address: str) -> None:
    Service.objects.update(expected_minutes=7)
    client = browser(teammate)
    assert "Takes about 7 min" in client.get(address).content.decode()
    client.post(address, sent(name="Ada"))
    assert "Takes about 7 min" in client.get(address).content.decode()
    run_ended(Run.objects.get())
    page = client.get(address).content.decode()
    assert "Takes about" not in page
    assert "usual time" in page


def test_who_is_signed_out_while_a_form_comes_runs_nothing(teammate: User, browser: Browser, address: str) -> None:
    form = sent(name="Ada") | {"answer-file": SimpleUploadedFile("a.txt", b"hello")}
    answer, stream = arriving(
        proven(browser(teammate)), address, form, lambda: Session.objects.update(revoked_at=timezone.now())
    )
    assert (answer.status_code, answer["Location"]) == (302, "/portal/session/sign-in/?next=%2Fportal%2F")
    assert stream.sent
    assert not Run.objects.exists()


def test_nothing_is_read_of_a_form_for_a_service_that_is_none(teammate: User, browser: Browser) -> None:
    nowhere = f"/portal/services/{uuid7()}/"
    answer, stream = arriving(proven(browser(teammate)), nowhere, sent(name="Ada"), lambda: None)
    assert (answer.status_code, stream.sent) == (404, False)


def test_other_sites_cannot_send_it(teammate: User, browser: Browser, address: str) -> None:
    client = proven(browser(teammate))
    proof = client.defaults.pop("HTTP_X_CSRFTOKEN")
    assert client.post(address, sent(name="Ada")).status_code == 403
    assert client.post(address, sent(name="Ada") | {"csrfmiddlewaretoken": proof}).status_code == 302
    assert Run.objects.count() == 1
