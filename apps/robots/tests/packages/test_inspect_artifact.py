from __future__ import annotations

import hashlib
import stat
import struct
import zipfile
from contextlib import suppress
from io import BytesIO

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from apps.common.errors import BadRequest
from apps.robots.errors import InvalidArtifact
from apps.robots.packages.archive import ArtifactInspection, ArtifactKind, inspect_artifact
from apps.robots.packages.limits import ArchiveLimits
from apps.robots.tests.archives import entry_with_mode, overlapping_zip, renamed, zip_of, zip_with

SMALL = ArchiveLimits(files=5, unpacked_bytes=50_000, ratio=50, ratio_counts_from_bytes=10_000)


def inspect(stream: BytesIO, filename: str = "robot.zip", entrypoint: str = "main.py") -> ArtifactInspection:
    return inspect_artifact(stream, filename=filename, entrypoint_path=entrypoint, limits=SMALL)


def refusal(stream: BytesIO, filename: str = "robot.zip", entrypoint: str = "main.py") -> str:
    with pytest.raises(InvalidArtifact) as caught:
        inspect(stream, filename, entrypoint)
    assert (caught.value.status, caught.value.code) == (400, "invalid_artifact")
    return str(caught.value)


def test_it_works() -> None:
    stream = zip_of({"main.py": "print(1)", "data/": "", "data/a.csv": "a,b\n", "requirements.txt": "httpx>=0.27\n"})
    found = inspect(stream)
    assert found.kind is ArtifactKind.ZIP
    assert found.sha256 == hashlib.sha256(stream.getvalue()).hexdigest()
    assert found.size == len(stream.getvalue())
    assert {member.name: member.size for member in found.members} == {
        "main.py": 8,
        "data/a.csv": 4,
        "requirements.txt": 12,
    }
    assert found.unpacked_bytes == 24
    assert found.dependencies is not None
    assert found.dependencies.requirements == ("httpx>=0.27",)


def test_a_single_python_file_is_the_entrypoint_whatever_its_name() -> None:
    source = b'# /// script\n# dependencies = ["tomli"]\n# ///\n'
    found = inspect(BytesIO(source), "hello.py", "jobs/start.py")
    assert found.kind is ArtifactKind.PYTHON
    assert [member.name for member in found.members] == ["jobs/start.py"]
    assert found.dependencies is not None
    assert found.dependencies.requirements == ("tomli",)


@pytest.mark.parametrize("head", [b"\x7fELF\x02", b"MZ\x90", b"#!/bin/sh\n"])
def test_a_program_is_recognised_by_its_content(head: bytes) -> None:
    found = inspect(BytesIO(head + b"...."), "tool", "tool")
    assert found.kind is ArtifactKind.EXECUTABLE
    assert found.members[0].executable


def test_executable_bits_are_kept() -> None:
    found = inspect(zip_with(entry_with_mode("run.sh", stat.S_IFREG | 0o755), b"x"))
    assert {member.name: member.executable for member in found.members} == {"main.py": False, "run.sh": True}


@pytest.mark.parametrize(
    ("name", "reason"),
    [
        ("../evil.py", "Path traversal"),
        ("a/../../evil.py", "Path traversal"),
        ("..\\evil.py", "Path traversal"),
        ("/etc/passwd", "Absolute path"),
        ("\\\\server\\share", "Absolute path"),
        ("C:\\evil.py", "Absolute path"),
        ("c:evil.py", "Absolute path"),
        ("dir\\evil.py", "Backslash"),
        ("./evil.py", "Unclean path"),
        ("a//evil.py", "Unclean path"),
        ("evil\n.py", "control characters"),
        ("evil\u202eyp.exe", "control characters"),
        ("x" * 300, "too long"),
        ("a/" * 250 + "b", "too long"),
    ],
)
def test_a_dangerous_name_is_refused_and_named(name: str, reason: str) -> None:
    text = refusal(zip_with(zipfile.ZipInfo(name), b"x"))
    assert reason in text
    assert name.encode("ascii", "backslashreplace").decode().replace("\n", "\\n")[:20] in text


def test_a_nul_in_a_name_is_refused() -> None:
    assert "control characters" in refusal(renamed(zip_of({"main.py": "", "evilX.py": ""}), b"evilX.py", b"evil\0.py"))


@pytest.mark.parametrize(
    ("mode", "reason"),
    [(stat.S_IFLNK | 0o777, "Symbolic link"), (stat.S_IFIFO | 0o644, "Special file"), (stat.S_IFCHR, "Special file")],
)
def test_what_is_no_file_is_refused(mode: int, reason: str) -> None:
    assert f"{reason}: strange" in refusal(zip_with(entry_with_mode("strange", mode), b"/etc/passwd"))


@pytest.mark.parametrize(
    "field", [struct.pack("<HH12s4s", 0x000D, 16, b"", b"main"), struct.pack("<HH14s4s", 0x756E, 18, b"", b"main")]
)
def test_a_hard_link_is_refused(field: bytes) -> None:
    info = zipfile.ZipInfo("link.py")
    info.extra = field
    assert "Hard link: link.py" in refusal(zip_with(info))


@pytest.mark.filterwarnings("ignore:Duplicate name")
@pytest.mark.parametrize(
    ("first", "second"),
    [
        ("a.py", "a.py"),
        ("a.py", "A.py"),
        ("caf\u00e9.py", "cafe\u0301.py"),
        ("stra\u00dfe", "STRASSE"),
        ("\ufb01x", "fix"),
    ],
)
def test_duplicate_names_are_refused(first: str, second: str) -> None:
    stream = BytesIO()
    with zipfile.ZipFile(stream, "w") as archive:
        for name in ("main.py", first, second):
            archive.writestr(name, "")
    assert f"Duplicate name: {second}" in refusal(stream)


@pytest.mark.parametrize("names", [("a", "a/b.py"), ("a/b.py", "A"), ("a", "a/")])
def test_a_file_cannot_be_a_directory_too(names: tuple[str, str]) -> None:
    text = refusal(zip_of({"main.py": "", **dict.fromkeys(names, "")}))
    assert "same name" in text or "Duplicate name" in text


def test_too_many_files_are_refused() -> None:
    assert "More than 5 files" in refusal(zip_of({f"{number}.py": "" for number in range(6)}))


def test_a_huge_directory_is_refused_before_it_is_read() -> None:
    assert "More than 5 files" in refusal(zip_of({"n" * 100 + str(number): "" for number in range(500)}))


def test_too_many_bytes_are_refused_while_reading() -> None:
    stream = zip_of({"main.py": "", "big.bin": bytes(range(256)) * 200}, method=zipfile.ZIP_STORED)
    assert "More than 50000 bytes unpacked, reached at: big.bin" in refusal(stream)


def test_a_lying_size_does_not_help() -> None:
    honest = zip_of({"main.py": "", "big.bin": bytes(range(256)) * 200}, method=zipfile.ZIP_STORED).getvalue()
    stream = BytesIO(honest.replace(struct.pack("<L", 51_200), struct.pack("<L", 10)))
    assert "damaged" in refusal(stream)


def test_a_bomb_is_refused() -> None:
    assert "Compressed beyond 50:1: zeros" in refusal(zip_of({"main.py": "", "zeros": b"\0" * 40_000}))


def test_a_dense_small_file_is_welcome() -> None:
    assert inspect(zip_of({"main.py": "", "zeros": b"\0" * 9_000})).unpacked_bytes == 9_000


def test_an_encrypted_entry_is_refused() -> None:
    content = zip_of({"main.py": "x"}).getvalue()
    at = content.index(b"PK\x01\x02")
    stream = BytesIO(content[: at + 8] + b"\x01\x00" + content[at + 10 :])
    assert "Encrypted entry: main.py" in refusal(stream)


@pytest.mark.parametrize("method", [zipfile.ZIP_BZIP2, zipfile.ZIP_LZMA])
def test_other_compression_is_refused(method: int) -> None:
    assert "other than deflate: main.py" in refusal(zip_of({"main.py": "x" * 100}, method=method))


def test_overlapping_entries_are_refused() -> None:
    with pytest.raises(InvalidArtifact, match="Overlapping"):
        inspect_artifact(overlapping_zip(), filename="a.zip", entrypoint_path="main.py")


@pytest.mark.parametrize("keep", [10, 60, -10, -30])
def test_a_truncated_archive_is_refused(keep: int) -> None:
    content = zip_of({"main.py": "print(1)" * 20, "other.py": "x"}).getvalue()
    assert "damaged" in refusal(BytesIO(content[:keep]))


def test_damaged_content_is_refused() -> None:
    content = bytearray(zip_of({"main.py": "print(1)" * 20}, method=zipfile.ZIP_STORED).getvalue())
    content[60] ^= 0xFF
    assert "damaged or no zip file: main.py" in refusal(BytesIO(bytes(content)))


def test_zip64_is_refused() -> None:
    content = zip_of({"main.py": "x"}).getvalue()
    at = content.index(b"PK\x05\x06")
    locator = struct.pack("<4sLQL", b"PK\x06\x07", 0, at, 1)
    assert "ZIP64" in refusal(BytesIO(content[:at] + locator + content[at:]))


def test_a_missing_entrypoint_is_refused() -> None:
    assert refusal(zip_of({"main.py": ""}), entrypoint="app/start.py") == "The entrypoint is missing: app/start.py"


@pytest.mark.parametrize(
    ("files", "found"),
    [
        ({"robot-1.0/README.md": "", "robot-1.0/main.py": ""}, "robot-1.0/main.py"),
        ({"b/c/main.py": "", "b/main.py": "", "a/main.py": ""}, "a/main.py"),
        ({"Main.py": ""}, "Main.py"),
    ],
)
def test_the_entrypoint_that_was_perhaps_meant_is_named(files: dict[str, str], found: str) -> None:
    assert refusal(zip_of(files)) == f"The entrypoint is missing: main.py; the archive has {found}"


def test_a_directory_is_no_entrypoint() -> None:
    assert "missing" in refusal(zip_of({"main.py/": ""}))


@pytest.mark.parametrize("entrypoint", ["../main.py", "/main.py", "", "a\\b.py"])
def test_a_dangerous_entrypoint_is_refused(entrypoint: str) -> None:
    refusal(BytesIO(b"print()"), "main.py", entrypoint)


@pytest.mark.parametrize(
    ("name", "content"), [("a.zip", b"no zip"), ("a.bin", b"text"), ("a.py", b"\0\1"), ("a.tar.gz", b"\x1f\x8b")]
)
def test_other_files_are_refused(name: str, content: bytes) -> None:
    refusal(BytesIO(content), name)


def test_a_single_file_over_the_limit_is_refused() -> None:
    assert "More than 50000 bytes" in refusal(BytesIO(b"#" * 50_001), "main.py")


WHOLE = zip_of({"main.py": "print(1)", "lib/a.py": b"A = 1\n" * 20, "requirements.txt": "httpx>=0.27\n"}).getvalue()


@settings(max_examples=300, derandomize=True, database=None, deadline=None)
@given(st.lists(st.tuples(st.integers(0, len(WHOLE) - 1), st.integers(0, 255)), min_size=1, max_size=6))
def test_a_damaged_archive_is_refused_or_read_to_its_end(changes: list[tuple[int, int]]) -> None:
    content = bytearray(WHOLE)
    for place, value in changes:
        content[place] = value
    with suppress(BadRequest):
        found = inspect(BytesIO(content))
        assert found.sha256 == hashlib.sha256(content).hexdigest()
        assert found.unpacked_bytes == sum(member.size for member in found.members)
