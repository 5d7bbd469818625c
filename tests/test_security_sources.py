"""What no source of the product may do, whoever reviews it: docs/security.md. Python is also read by ruff's rules S."""

from __future__ import annotations

import ast
import re
from pathlib import Path

import pytest

from tests.structure import APPS, ROOT, Source, product_sources

DANGEROUS = {
    "eval",
    "exec",
    "compile",
    "os.system",
    "os.popen",
    "pickle.load",
    "pickle.loads",
    "marshal.loads",
    "yaml.load",
    "yaml.unsafe_load",
    "mark_safe",
    "hashlib.md5",
    "hashlib.sha1",
    "random.choice",
    "random.random",
    "random.randint",
}
SCRIPTS = sorted(
    path for folder in (ROOT / "static", APPS) for path in folder.rglob("*.js") if "vendor" not in path.parts
)
_MARKUP = re.compile(
    r"\.(?:innerHTML|outerHTML)\s*=|insertAdjacentHTML|document\.write|\beval\(|new Function\(|postMessage|__proto__"
)


def called(source: Source) -> set[str]:
    """Names of what is called: ``eval``, ``pickle.loads``."""
    functions = [node.func for node in ast.walk(source.tree) if isinstance(node, ast.Call)]
    plain = {function.id for function in functions if isinstance(function, ast.Name)}
    return plain | {
        f"{function.value.id}.{function.attr}"
        for function in functions
        if isinstance(function, ast.Attribute) and isinstance(function.value, ast.Name)
    }


def test_nothing_that_was_sent_is_run() -> None:
    found = {f"{source}: {name}" for source in product_sources() for name in called(source) & DANGEROUS}
    assert not found


def test_no_program_is_started_through_a_shell() -> None:
    keywords = (
        (source, keyword)
        for source in product_sources()
        for node in ast.walk(source.tree)
        if isinstance(node, ast.Call)
        for keyword in node.keywords
    )
    assert not [str(source) for source, keyword in keywords if keyword.arg == "shell"]


def test_no_request_of_ours_follows_redirects() -> None:
    texts = {str(source): source.path.read_text("utf-8") for source in product_sources()}
    assert not [name for name, text in texts.items() if "follow_redirects=True" in text or "verify=False" in text]


@pytest.mark.parametrize("path", SCRIPTS, ids=lambda path: str(path.relative_to(ROOT)))
def test_scripts_build_nodes_and_never_markup(path: Path) -> None:
    assert not _MARKUP.search(path.read_text("utf-8"))
