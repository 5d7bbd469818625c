"""Who serves HTTP has loaded all of it before the first request; who serves none does without."""

from __future__ import annotations

import re

from tests.test_memory import told_by

SET_UP = "import os, sys, django; os.environ['DJANGO_SETTINGS_MODULE'] = 'config.settings'; django.setup()"
FIND_ROUTES = """
import sys, config.asgi
from django.urls import URLResolver, get_resolver
before = set(sys.modules)

def walk(routes):
    return sum(walk(each.url_patterns) if isinstance(each, URLResolver) else callable(each.callback) for each in routes)

found = [walk(get_resolver(name).url_patterns) for name in ("config.urls", "config.urls_platform")]
print(min(found), sorted(name for name in set(sys.modules) - before if name.startswith(("apps.", "config."))))
"""
PAGES = """
from apps.common.admin_sites import organization_site, platform_site
print(len(organization_site._registry), len(platform_site._registry))
"""
FOR_HTTP = re.compile(r"apps\.\w+\.(admin|api|pages|consumers|views|urls)\b|config\.(urls|asgi|wsgi)")
NOT_FOR_COMMANDS = {
    "apps.robots.kind.robot_kind",
    "apps.robots.services.runs",
    "authlib",
    "celery",
    "httpx",
    "kombu",
    "openpyxl",
    "tablib",
}


def test_a_web_process_has_its_routes_before_the_first_request() -> None:
    count, loaded_late = told_by(FIND_ROUTES).strip().split(" ", 1)
    assert int(count) > 100
    assert loaded_late == "[]"


def test_a_web_process_has_the_pages_of_the_back_office() -> None:
    assert min(map(int, told_by(f"import config.asgi\n{PAGES}").split())) > 10


def test_a_web_process_knows_all_kinds_of_work() -> None:
    kinds = "from apps.executions.registry import _kinds; print(*_kinds)"
    assert told_by(f"import config.asgi; {kinds}").split() == ["robot"]


def test_a_process_without_http_loads_no_views_and_no_pages() -> None:
    modules = told_by(f"{SET_UP}; print(*sys.modules)").split()
    assert [name for name in modules if FOR_HTTP.match(name)] == []


def test_a_command_loads_what_it_needs() -> None:
    assert NOT_FOR_COMMANDS.intersection(told_by(f"{SET_UP}; print(*sys.modules)").split()) == set()


def test_checks_look_at_every_page_though_nobody_shows_any() -> None:
    broken = "from django.contrib.admin import ModelAdmin; ModelAdmin.search_fields = None"
    checked = "from django.core.checks import run_checks; print(*(each.id for each in run_checks(tags=['admin'])))"
    found = told_by(f"{SET_UP}; {broken}; {checked}").split()
    assert set(found) == {"admin.E126"}
    assert len(found) > 10
