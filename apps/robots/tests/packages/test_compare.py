from __future__ import annotations

import time
from io import BytesIO

from apps.robots.packages.archive import open_artifact
from apps.robots.packages.diff import ArtifactDiff, DiffLimits, compare
from apps.robots.packages.limits import ArchiveLimits
from apps.robots.tests.archives import zip_of


def diff(old: BytesIO, new: BytesIO, limits: DiffLimits | None = None) -> ArtifactDiff:
    known = {"filename": "a.zip", "entrypoint_path": "main.py", "limits": ArchiveLimits()}
    with open_artifact(old, **known) as a, open_artifact(new, **known) as b:  # type: ignore[arg-type]
        return compare(a, b, limits=limits)


def test_it_works() -> None:
    found = diff(
        zip_of({"main.py": "a\nb\nc\n", "old.py": "", "same.py": "x", "logo.png": b"\x89PNG\0"}),
        zip_of({"main.py": "a\nB\nc\n", "new.py": "", "same.py": "x", "logo.png": b"\x89PNG\1\0"}),
    )
    assert (found.added, found.removed) == (("new.py",), ("old.py",))
    logo, main = found.changed
    assert (logo.path, logo.binary, logo.lines) == ("logo.png", True, ())
    assert main.path == "main.py"
    assert main.lines == ("--- a/main.py", "+++ b/main.py", "@@ -1,3 +1,3 @@", " a", "-b", "+B", " c")
    assert not main.truncated


def test_equal_artifacts_do_not_differ() -> None:
    assert diff(zip_of({"main.py": "x"}), zip_of({"main.py": "x"})) == ArtifactDiff((), (), ())


def test_different_kinds_can_be_compared() -> None:
    known = {"entrypoint_path": "main.py", "limits": ArchiveLimits()}
    with (
        open_artifact(BytesIO(b"print(1)\n"), filename="a.py", **known) as single,  # type: ignore[arg-type]
        open_artifact(zip_of({"main.py": "print(2)\n", "b.py": ""}), filename="a.zip", **known) as archive,  # type: ignore[arg-type]
    ):
        found = compare(single, archive)
    assert found.added == ("b.py",)
    assert "+print(2)" in found.changed[0].lines


def test_a_long_difference_is_cut() -> None:
    numbers = range(100)
    found = diff(
        zip_of({"main.py": "\n".join(f"a{n}" for n in numbers)}),
        zip_of({"main.py": "\n".join(f"b{n}" for n in numbers)}),
        DiffLimits(file_lines=10),
    )
    assert len(found.changed[0].lines) == 10
    assert found.changed[0].truncated


def test_a_large_file_is_only_named() -> None:
    found = diff(zip_of({"main.py": "ä" * 200}), zip_of({"main.py": "ö" * 200}), DiffLimits(file_bytes=101))
    assert (found.changed[0].binary, found.changed[0].lines, found.changed[0].truncated) == (False, (), True)


def test_all_files_share_one_budget() -> None:
    old = zip_of({f"{n}.py": "a" for n in range(10)})
    new = zip_of({f"{n}.py": "b" for n in range(10)})
    found = diff(old, new, DiffLimits(total_lines=12))
    assert sum(len(change.lines) for change in found.changed) == 12
    assert [change.truncated for change in found.changed] == [False, False, *[True] * 8]


def test_hostile_files_are_compared_in_bounded_time() -> None:
    old = zip_of({f"{n}.txt": "\n".join(f"{i % 40}" for i in range(1_999)) for n in range(50)})
    new = zip_of({f"{n}.txt": "\n".join(f"{i % 41}" for i in range(1_999)) for n in range(50)})
    began = time.process_time()
    diff(old, new)
    assert time.process_time() - began < 20
