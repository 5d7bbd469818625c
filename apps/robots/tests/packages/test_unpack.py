from __future__ import annotations

import hashlib
import stat
from contextlib import AbstractContextManager
from io import BytesIO
from pathlib import Path
from typing import BinaryIO

import pytest

from apps.robots.errors import ArtifactDamaged, InvalidArtifact
from apps.robots.packages.limits import ArchiveLimits
from apps.robots.packages.unpack import PackageCache
from apps.robots.tests.archives import entry_with_mode, zip_of, zip_with


def lease(
    cache: PackageCache, stream: BytesIO, filename: str = "a.zip", entrypoint: str = "main.py"
) -> AbstractContextManager[Path]:
    sha256 = hashlib.sha256(stream.getvalue()).hexdigest()
    return cache.lease(
        sha256, filename=filename, entrypoint_path=entrypoint, open_stored=lambda: BytesIO(stream.getvalue())
    )


@pytest.fixture
def cache(tmp_path: Path) -> PackageCache:
    return PackageCache(tmp_path / "packages")


def test_it_works(cache: PackageCache) -> None:
    with lease(cache, zip_of({"main.py": "print()", "data/": "", "deep/er/a.csv": "1"})) as package:
        assert (package / "main.py").read_text() == "print()"
        assert (package / "data").is_dir()
        assert (package / "deep/er/a.csv").read_text() == "1"
        modes = {path.name: stat.S_IMODE(path.stat().st_mode) for path in package.rglob("*")}
        assert modes == {"main.py": 0o444, "data": 0o555, "deep": 0o555, "er": 0o555, "a.csv": 0o444}


def test_it_is_unpacked_once(cache: PackageCache) -> None:
    stream = zip_of({"main.py": "print()"})
    sha256 = hashlib.sha256(stream.getvalue()).hexdigest()
    opened: list[int] = []

    def open_stored() -> BinaryIO:
        opened.append(1)
        return BytesIO(stream.getvalue())

    for _ in range(3):
        with cache.lease(sha256, filename="a.zip", entrypoint_path="main.py", open_stored=open_stored):
            pass
    assert len(opened) == 1


def test_programs_stay_executable(cache: PackageCache) -> None:
    with lease(cache, zip_with(entry_with_mode("run", stat.S_IFREG | 0o755), b"echo")) as package:
        assert stat.S_IMODE((package / "run").stat().st_mode) == 0o555
    with lease(cache, zip_of({"main.py": "", "made-on-windows.sh": "#!/bin/sh\n"})) as package:
        assert stat.S_IMODE((package / "made-on-windows.sh").stat().st_mode) == 0o555


def test_a_single_file_takes_the_name_of_its_entrypoint(cache: PackageCache) -> None:
    stream = BytesIO(b"print()")
    for entrypoint in ("main.py", "jobs/other.py"):
        with lease(cache, stream, "hello.py", entrypoint) as package:
            assert (package / entrypoint).read_bytes() == b"print()"


def test_a_damaged_artifact_is_refused(cache: PackageCache) -> None:
    wanted = hashlib.sha256(b"print()").hexdigest()
    with (
        pytest.raises(ArtifactDamaged) as caught,
        cache.lease(wanted, filename="a.py", entrypoint_path="a.py", open_stored=lambda: BytesIO(b"evil")),
    ):
        pass
    assert caught.value.permanent


def test_a_checksum_that_is_none_is_refused(cache: PackageCache) -> None:
    with pytest.raises(ArtifactDamaged):
        cache.lease("../evil", filename="a.py", entrypoint_path="a.py", open_stored=lambda: BytesIO(b""))


def test_limits_hold_again(tmp_path: Path) -> None:
    cache = PackageCache(tmp_path, limits=ArchiveLimits(unpacked_bytes=10))
    with pytest.raises(InvalidArtifact, match="More than 10 bytes"), lease(cache, zip_of({"main.py": "x" * 11})):
        pass
    assert not [path for path in tmp_path.iterdir() if path.is_dir()]
