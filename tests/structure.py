"""What the guards of shape read: the source tree as syntax, and the routes as Django resolves them."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from django.urls import URLPattern, URLResolver, get_resolver

ROOT = Path(__file__).resolve().parent.parent
APPS = ROOT / "apps"
DEMO_ROBOTS = APPS / "portal" / "demo" / "robots"
FunctionNode = ast.FunctionDef | ast.AsyncFunctionDef


@dataclass(frozen=True)
class Source:
    """One Python file of ours, parsed."""

    path: Path
    tree: ast.Module
    lines: int

    def __str__(self) -> str:
        return str(self.path.relative_to(ROOT))

    @property
    def app(self) -> str:
        parts = self.path.relative_to(APPS).parts if self.path.is_relative_to(APPS) else ()
        return parts[0] if len(parts) > 1 else ""

    @property
    def inside(self) -> tuple[str, ...]:
        """Path below the app's folder: ``("services", "runs.py")``."""
        return self.path.relative_to(APPS).parts[1:]

    @property
    def is_test(self) -> bool:
        return "tests" in self.path.parts or self.path.name in {"conftest.py", "testing.py"}

    def functions(self) -> Iterator[FunctionNode]:
        return (node for node in ast.walk(self.tree) if isinstance(node, FunctionNode))


@cache
def sources() -> tuple[Source, ...]:
    """Every Python file of apps, config and tests; migrations aside."""
    found = []
    for folder in (APPS, ROOT / "config", ROOT / "tests"):
        for path in sorted(folder.rglob("*.py")):
            if "migrations" not in path.parts and not path.is_relative_to(DEMO_ROBOTS):
                text = path.read_text(encoding="utf-8")
                found.append(Source(path, ast.parse(text), text.count("\n")))
    return tuple(found)


def product_sources() -> list[Source]:
    return [source for source in sources() if not source.is_test]


def app_sources() -> list[Source]:
    return [source for source in product_sources() if source.app and source.inside != ("__init__.py",)]


def is_service(source: Source) -> bool:
    return source.app != "" and (source.inside == ("services.py",) or source.inside[0] == "services")


def public_services() -> Iterator[tuple[Source, ast.FunctionDef]]:
    """Module-level functions of services whose name does not start with an underscore."""
    for source in app_sources():
        if is_service(source):
            for node in source.tree.body:
                if isinstance(node, ast.FunctionDef) and not node.name.startswith("_"):
                    yield source, node


def imported_modules(source: Source) -> Iterator[str]:
    for node in ast.walk(source.tree):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module:
            yield node.module


def imported_names(source: Source) -> Iterator[tuple[str, str]]:
    """What is imported as (module, name); the name is empty where the module itself is."""
    for node in ast.walk(source.tree):
        if isinstance(node, ast.Import):
            yield from ((alias.name, "") for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module:
            yield from ((node.module, alias.name) for alias in node.names)


def routes(patterns: Any = None, prefix: str = "") -> Iterator[tuple[str, Any]]:
    """Every route as (path, callback)."""
    for entry in get_resolver().url_patterns if patterns is None else patterns:
        path = prefix + str(entry.pattern)
        if isinstance(entry, URLResolver):
            yield from routes(entry.url_patterns, path)
        elif isinstance(entry, URLPattern):
            yield path, entry.callback


def api_actions() -> Iterator[tuple[str, str, type, str]]:
    """Every offered method of the API as (path, HTTP method, viewset, action)."""
    for path, callback in routes():
        if path.startswith("api/v1/") and hasattr(callback, "actions"):
            for method, action in (callback.actions or {}).items():
                yield path, method, callback.cls, action
