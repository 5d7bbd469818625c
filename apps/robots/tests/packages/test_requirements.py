from __future__ import annotations

import time

import pytest

from apps.robots.errors import InvalidDependencies
from apps.robots.packages.requirements import read_requirements

HASH = "sha256:" + "ab" * 32


def test_it_works() -> None:
    lines = [
        "# needed",
        "httpx[http2] >= 0.27, <1 # comment",
        "",
        'tomli; python_version < "3.12"',
        f"rich==13.0 \\\n    --hash={HASH} \\\n    --hash={HASH}",
    ]
    assert read_requirements(lines) == (
        "httpx[http2]<1,>=0.27",
        'tomli; python_version < "3.12"',
        f"rich==13.0 --hash={HASH} --hash={HASH}",
    )


@pytest.mark.parametrize(
    "line",
    [
        "-r /etc/passwd",
        "--requirement other.txt",
        "-e .",
        "--index-url http://evil.example/simple",
        "--extra-index-url=http://evil.example",
        "--find-links /tmp",
        "-c constraints.txt",
    ],
)
def test_options_are_refused(line: str) -> None:
    with pytest.raises(InvalidDependencies, match="Options are not accepted") as caught:
        read_requirements(["httpx", line])
    assert line in str(caught.value)


@pytest.mark.parametrize("line", ["evil @ file:///etc/passwd", "evil @ https://evil.example/a.whl"])
def test_urls_are_refused(line: str) -> None:
    with pytest.raises(InvalidDependencies, match="no URL"):
        read_requirements([line])


@pytest.mark.parametrize(
    "line", ["./evil.whl", "/tmp/evil.whl", "https://evil.example/a.whl", "git+https://x/y", "a b", "--hash=x"]
)
def test_what_is_no_requirement_is_refused(line: str) -> None:
    with pytest.raises(InvalidDependencies):
        read_requirements([line])


def test_too_many_are_refused() -> None:
    with pytest.raises(InvalidDependencies, match="More than 500"):
        read_requirements(["a"] * 501)


def test_hostile_lines_cost_little() -> None:
    began = time.process_time()
    for line in (" " * 1_000_000 + "x", "a" + " " * 1_000_000 + "#", "a " * 400_000):
        with pytest.raises(InvalidDependencies):
            read_requirements([line, "-"])
    assert time.process_time() - began < 5
