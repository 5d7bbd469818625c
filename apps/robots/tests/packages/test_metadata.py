from __future__ import annotations

import re
import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from apps.robots.errors import InvalidDependencies
from apps.robots.packages.metadata import Dependencies, dependencies_of, script_dependencies

SCRIPT = """#!/usr/bin/env python
# /// script
# requires-python = ">=3.11"
# dependencies = [
#   "requests<3",
#   "rich",
# ]
# ///

import requests
"""
# The expression of the specification.
REFERENCE = re.compile(r"(?m)^# /// (?P<type>[a-zA-Z0-9-]+)$\s(?P<content>(^#(| .*)$\s)+)^# ///$")


def test_it_works() -> None:
    found = script_dependencies(SCRIPT)
    assert found == Dependencies(("requests<3", "rich"), ">=3.11", "main.py")


def test_windows_line_ends_and_marks_do_not_matter() -> None:
    content = b"\xef\xbb\xbf" + SCRIPT.replace("\n", "\r\n").encode()
    found = dependencies_of({"main.py": content}.get, entrypoint_path="main.py")
    assert found is not None
    assert found.requirements == ("requests<3", "rich")


def test_a_script_without_block_needs_nothing() -> None:
    assert script_dependencies("print(1)\n") is None


def test_an_empty_block_needs_nothing_and_wins_over_requirements() -> None:
    files = {"main.py": b"# /// script\n# dependencies = []\n# ///\n", "requirements.txt": b"httpx\n"}
    found = dependencies_of(files.get, entrypoint_path="main.py")
    assert found == Dependencies((), "", "main.py")
    assert not found


def test_requirements_are_found_beside_any_entrypoint() -> None:
    found = dependencies_of({"requirements.txt": b"httpx  # client\n"}.get, entrypoint_path="suite.robot")
    assert found == Dependencies(("httpx",), "", "requirements.txt")


def test_two_blocks_are_refused() -> None:
    block = "# /// script\n# dependencies = []\n# ///\n"
    with pytest.raises(InvalidDependencies, match="more than one"):
        script_dependencies(f"{block}\nprint()\n{block}")


@pytest.mark.parametrize(
    "content",
    [
        "dependencies = [",
        'dependencies = "httpx"',
        "dependencies = [1]",
        'requires-python = "new"',
        "requires-python = 3",
    ],
)
def test_an_unreadable_block_is_refused(content: str) -> None:
    with pytest.raises(InvalidDependencies):
        script_dependencies(f"# /// script\n# {content}\n# ///\n")


@given(
    st.lists(
        st.sampled_from(
            ["# /// script", "# ///", "#", "# a = 1", "#x", "", "code", "# /// other", "# /// bad name", " # ///"]
        ),
        max_size=12,
    )
)
def test_blocks_are_those_of_the_specification(lines: list[str]) -> None:
    from apps.robots.packages.metadata import _blocks  # noqa: PLC0415  # compared with the reference

    source = "\n".join(lines) + "\n"
    expected = [(found["type"], found["content"].splitlines()) for found in REFERENCE.finditer(source)]
    # The expression's \s also takes an empty line between; the text of the specification knows no such block.
    if not any("" in content for _, content in expected):
        assert list(_blocks(source.splitlines())) == expected


def test_a_hostile_script_is_read_in_linear_time() -> None:
    began = time.process_time()
    assert script_dependencies("# /// script\n" * 80_000) is None
    assert time.process_time() - began < 5
