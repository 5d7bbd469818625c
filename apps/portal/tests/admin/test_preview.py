"""What the page of a service shows while somebody writes it."""

from __future__ import annotations

import json
from typing import Any
from uuid import uuid4

import pytest

from apps.accounts.models import User
from apps.portal.models import Service
from apps.portal.tests.conftest import FORM, TEMPLATE, Browser
from apps.robots.models import Robot, RobotVersion

PREVIEW = "/admin/portal/service/preview/"


@pytest.fixture
def drafted(robot: Robot) -> dict[str, Any]:
    return {
        "robot": str(robot.pk),
        "form_schema_json": json.dumps(FORM),
        "run_template_json": json.dumps(TEMPLATE),
        "answers": json.dumps({"periodo": "2026-02"}),
    }


def test_it_works(owner: User, browser: Browser, drafted: dict[str, Any], version: RobotVersion) -> None:
    answer = browser(owner).post(PREVIEW, drafted)
    assert answer.status_code == 200
    shown = answer.json()
    assert 'name="answer-periodo"' in shown["html"]
    assert 'value="2026-02"' in shown["html"]
    assert shown["plan"]["arguments"] == ["--fixed", "--periodo=2026-02", "--inativos=false"]
    assert (shown["questions"], shown["command"], shown["refusal"]) == ([], [], [])


def test_what_is_wrong_is_told_with_its_place(owner: User, browser: Browser, drafted: dict[str, Any]) -> None:
    broken = drafted | {"form_schema_json": json.dumps({"fields": [{"key": "1", "label": "A", "type": "text"}]})}
    shown = browser(owner).post(PREVIEW, broken).json()
    assert (shown["html"], shown["plan"]) == (None, None)
    assert [(each["number"], each["rule"]) for each in shown["questions"]] == [(1, "key")]


def test_words_of_the_author_are_no_markup(owner: User, browser: Browser, drafted: dict[str, Any]) -> None:
    field = {"key": "a", "label": "<img src=x onerror=alert(1)>", "type": "text", "helpText": "<script>"}
    shown = browser(owner).post(PREVIEW, drafted | {"form_schema_json": json.dumps({"fields": [field]})}).json()
    assert "<img" not in shown["html"]
    assert "<script" not in shown["html"]


@pytest.mark.parametrize(
    "nonsense",
    [
        {"form_schema_json": "{"},
        {"robot": "1"},
        {"answers": "[1]"},
        {"run_template_json": "[" * 5000},
        {"service": "x"},
    ],
)
def test_nonsense_is_refused(owner: User, browser: Browser, drafted: dict[str, Any], nonsense: dict[str, str]) -> None:
    answer = browser(owner).post(PREVIEW, drafted | nonsense)
    assert answer.status_code == 422
    assert answer.json()["errors"].keys() == nonsense.keys()


def test_a_service_that_is_not_there(owner: User, browser: Browser, drafted: dict[str, Any]) -> None:
    assert browser(owner).post(PREVIEW, drafted | {"service": str(uuid4())}).status_code == 404


def test_no_right(viewer: User, browser: Browser, drafted: dict[str, Any], service: Service) -> None:
    for given in (drafted, drafted | {"service": str(service.pk)}):
        assert browser(viewer).post(PREVIEW, given).status_code == 403


def test_only_posted(owner: User, browser: Browser) -> None:
    assert browser(owner).get(PREVIEW).status_code == 405


def test_nobody(browser: Browser, drafted: dict[str, Any]) -> None:
    assert browser(None).post(PREVIEW, drafted).status_code == 302
