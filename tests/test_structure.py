"""The shape of the code, guarded: style.md as tests."""

from __future__ import annotations

import ast
import re
import statistics

import pytest
from django.apps import apps
from django.db import models

from apps.common.admin_sites import organization_site, platform_site
from apps.common.api import PageQuery, WindowQuery
from apps.common.api.operation import Right, declaration_of
from apps.common.api.serializers import OutputSerializer
from apps.common.errors import ApplicationError
from tests.structure import (
    ROOT,
    Source,
    api_actions,
    app_sources,
    imported_modules,
    imported_names,
    is_service,
    product_sources,
    public_services,
    routes,
    sources,
)

FILE_LINES, FUNCTION_LINES = 400, 60
# The files every app may have. `common` is the kernel and `tenants` the ground below it: they are made of other parts.
FLOORS = {
    "admin", "api", "apps", "clients", "consumers", "errors", "events", "management", "models", "payloads",
    "permissions", "receivers", "routing", "selectors", "services", "tasks", "templates", "tests", "migrations",
    "health", "kinds", "middleware", "templatetags",
}  # fmt: skip
OWN_PARTS = {
    "accounts": {
        "authentication",
        "backends",
        "codes",
        "forms",
        "grants",
        "keyring",
        "mails",
        "oidc",
        "pages",
        "passwords",
        "roles",
        "rows",
        "tenancy",
        "ticks",
        "tokens",
    },
    "dispatch": {"fairness", "health", "metrics", "rings", "testing"},
    "executions": {"attempts", "fence", "heart", "lease", "metrics", "registry", "slots", "wakeups", "worker"},
    "mail": {"checks", "letters", "rings", "transport"},
    "portal": {"demo", "forms", "options", "pages", "run_templates"},
    "isolation": {
        "cases",
        "coverage",
        "doors",
        "matrix",
        "report",
        "secrecy",
        "side",
        "staging",
        "state",
        "surface",
        "watching",
    },
    "robots": {"packages", "sandbox", "supervision", "scheduling", "kind", "live", "checks", "uses"},
}
OPEN_TO_SUPPORT = {
    ("organizations", "organization_preview"),
    ("organizations", "organization_settings_preview"),  # which asks for an insider where it is about people
    ("organizations", "organization_settings_update"),  # so does this
    ("organizations", "organization_update"),
    ("role_previews", "role_preview_start"),  # by people alone
    ("support_grants", "support_grant_end_own"),  # support leaves
    ("support_grants", "support_grants_forbid"),  # part of changing the settings
}
"""What services of accounts let support of the platform administer: what does not outlast it."""
NO_ACTOR = "No actor:"
PINNED = re.compile(r"^[\w.\[\],-]+==[^ ;\\]+", re.MULTILINE)


def test_apps_are_made_of_the_same_files() -> None:
    strange = [
        str(source)
        for source in app_sources()
        if source.app not in {"common", "tenants"}
        and source.inside[0].removesuffix(".py") not in FLOORS | OWN_PARTS.get(source.app, set())
    ]
    assert not strange, strange


def test_services_take_an_actor_or_say_why_not() -> None:
    silent = [
        f"{source}:{node.name}"
        for source, node in public_services()
        if "actor" not in {argument.arg for argument in [*node.args.args, *node.args.kwonlyargs]}
        and "lease" not in {argument.arg for argument in [*node.args.args, *node.args.kwonlyargs]}
        and NO_ACTOR not in (ast.get_docstring(node) or "")
    ]
    assert not silent, silent


def test_services_have_docstrings() -> None:
    assert not [f"{source}:{node.name}" for source, node in public_services() if not ast.get_docstring(node)]


def test_what_is_about_people_is_for_the_organization_s_own() -> None:
    """Whatever administers people, rights or the issuer asks for an insider, but for what is named as open."""
    asking = {
        (source.path.stem, node.name)
        for source in app_sources()
        if source.app == "accounts" and is_service(source)
        for node in source.functions()
        if _required(node) & {"MANAGE", "'admin.manage'", "'settings.manage'"}
    }
    assert asking == OPEN_TO_SUPPORT


def _required(function: ast.AST) -> set[str]:
    """The actions that a function asks for of whoever is let in, support too, as they are written."""
    return {
        ast.unparse(argument)
        for node in ast.walk(function)
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "require"
        for argument in [*node.args[1:], *(keyword.value for keyword in node.keywords)]
    }


@pytest.mark.parametrize("forbidden", ["rest_framework", "channels", "celery", "channels_redis"])
def test_services_and_selectors_know_no_door(forbidden: str) -> None:
    wrong = [
        f"{source}: {module}"
        for source in app_sources()
        if (is_service(source) or source.inside[0] in {"selectors.py", "selectors", "models.py", "models"})
        for module in imported_modules(source)
        if module.split(".")[0] == forbidden
    ]
    assert not wrong, wrong


def test_apps_use_only_the_front_rooms_of_lower_apps() -> None:
    """Never another app's api, tasks, consumers or admin; but a door may show a lower app's noun as that app does."""
    wrong = [
        f"{source}: {module}.{name}"
        for source in app_sources()
        for module, name in imported_names(source)
        if module.startswith("apps.")
        and len(module.split(".")) > 2
        and module.split(".")[1] not in {source.app, "common"}
        and module.split(".")[2] in {"api", "tasks", "consumers", "admin"}
        and not _is_a_shape(source, module, name)
    ]
    assert not wrong, wrong


def _is_a_shape(source: Source, module: str, name: str) -> bool:
    """Whether a door asks for an output serializer: one noun has one shape on the wire."""
    return source.inside[0] == "api" and module.split(".")[2:4] == ["api", "serializers"] and name.endswith("Output")


def test_every_route_declares_its_right_and_its_errors() -> None:
    undeclared = []
    for path, method, viewset, action in api_actions():
        declaration = declaration_of(getattr(viewset, action, None))
        if declaration is None or not isinstance(declaration.right, str | Right) or not declaration.errors:
            undeclared.append(f"{method.upper()} {path}")
    assert not undeclared, undeclared


def test_every_list_can_be_ordered() -> None:
    declared = [(path, declaration_of(getattr(viewset, action, None))) for path, _, viewset, action in api_actions()]
    queries = [(path, declaration.query) for path, declaration in declared if declaration and declaration.query]
    lists = [(path, query) for path, query in queries if issubclass(query, PageQuery | WindowQuery)]
    assert len(lists) > 5
    assert not [path for path, query in lists if "ordering" not in query._declared_fields]


def test_what_may_be_missing_says_so() -> None:
    """A default of ``None`` alone is answered as null by a schema that promises more."""
    assert list(routes())  # with them all serializers there are
    outputs = [output for output in _below(OutputSerializer) if "tests" not in output.__module__.split(".")]
    shown = [(output, field) for output in outputs for field in output._declared_fields.items()]
    assert len(shown) > 200
    assert not [
        (output.__name__, name) for output, (name, field) in shown if field.default is None and not field.allow_null
    ]


def _below(kind: type[OutputSerializer]) -> set[type[OutputSerializer]]:
    return {kind}.union(*(_below(each) for each in kind.__subclasses__()))


def test_every_api_route_is_a_viewset() -> None:
    documents = ("api/v1/openapi.json", "api/v1/docs", "api/v1/redoc")
    assert not [
        p
        for p, callback in routes()
        if p.startswith("api/v1/") and not hasattr(callback, "actions") and p not in documents
    ]


def test_every_model_has_an_admin() -> None:
    registered = set(organization_site._registry) | set(platform_site._registry)
    ours = [model for model in apps.get_models() if model.__module__.startswith("apps.")]
    assert not [model._meta.label for model in ours if model not in registered]


def test_error_codes_are_unique_and_lower_case() -> None:
    def every(kind: type[ApplicationError]) -> list[type[ApplicationError]]:
        return [kind, *(deeper for sub in kind.__subclasses__() for deeper in every(sub))]

    own = [kind for kind in set(every(ApplicationError)) if "code" in vars(kind) and ".tests." not in kind.__module__]
    codes = [kind.code for kind in own]
    assert sorted(codes) == sorted(set(codes))
    assert all(code.replace("_", "").isalnum() and code == code.lower() for code in codes)


def test_tenant_models_have_uuid7_keys() -> None:
    ours = [m for m in apps.get_models() if m.__module__.startswith("apps.") and m._meta.label != "tenants.Domain"]
    assert not [m._meta.label for m in ours if not isinstance(m._meta.pk, models.UUIDField)]


def test_files_keep_their_budget() -> None:
    assert not [f"{source} ({source.lines})" for source in product_sources() if source.lines > FILE_LINES]


def test_functions_keep_their_budget() -> None:
    sizes = {
        f"{source}:{node.name}": (node.end_lineno or node.lineno) - node.lineno + 1
        for source in product_sources()
        for node in source.functions()
    }
    assert not {name: size for name, size in sizes.items() if size > FUNCTION_LINES}
    assert statistics.median(sizes.values()) <= 12


def test_no_lazy_names() -> None:
    assert not [
        str(source) for source in sources() if source.path.stem in {"utils", "helpers", "misc", "util", "helper"}
    ]


def test_tests_do_not_sleep() -> None:
    def sleeps(node: ast.AST) -> bool:
        return (
            isinstance(node, ast.Call)
            and isinstance(node.func, ast.Attribute)
            and node.func.attr == "sleep"
            and isinstance(node.func.value, ast.Name)
            and node.func.value.id in {"time", "asyncio"}
            and ast.unparse(node) != "asyncio.sleep(0)"  # that only lets others have their turn
        )

    napping = [
        f"{source}:{node.lineno}"  # type: ignore[attr-defined]
        for source in sources()
        if source.is_test and source.path.name not in {"testing.py", "proxy.py", "pace.py"}  # to wait is their task
        for node in ast.walk(source.tree)
        if sleeps(node)
    ]
    assert not napping, napping


def test_pinned_versions_are_the_same_everywhere() -> None:
    """What is tested is what runs. `make requirements` keeps what a file already pins."""
    files = {path.stem: set(PINNED.findall(path.read_text())) for path in (ROOT / "requirements").glob("*.txt")}
    assert files["base"] <= files["local"] <= files["dev"]


def test_every_decision_is_in_their_index() -> None:
    """A number that is free says why."""
    folder = ROOT / "docs/decisions"
    index = (folder / "README.md").read_text(encoding="utf-8")
    written = sorted(path.name for path in folder.glob("[0-9]*.md"))
    assert re.findall(r"\]\((\d{4}-[\w-]+\.md)\)", index) == written
    numbers = [int(number) for number in re.findall(r"^\| \[?(\d{4})", index, re.MULTILINE)]
    assert numbers == list(range(1, int(written[-1][:4]) + 1))
