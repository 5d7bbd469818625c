from __future__ import annotations

import fcntl
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from pathlib import Path

import pytest

from apps.robots.packages.leases import LeasedDirectories
from apps.robots.packages.trees import remove_tree

MIB = 1024 * 1024


def writes(text: str, size: int = 0) -> Callable[[Path], None]:
    def build(directory: Path) -> None:
        (directory / "content").write_text(text + "x" * size)

    return build


def never(directory: Path) -> None:
    raise AssertionError("is there already")


def keys(root: Path) -> set[str]:
    return {path.name for path in root.iterdir() if path.is_dir()}


def test_it_works(tmp_path: Path) -> None:
    cache = LeasedDirectories(tmp_path / "cache", capacity_bytes=MIB)
    with cache.lease("a", writes("hello")) as directory:
        assert (directory / "content").read_text() == "hello"
        assert directory.stat().st_mode & 0o777 == 0o555
    with cache.lease("a", never) as again:
        assert again == directory


def test_a_failed_build_leaves_nothing_and_can_be_repeated(tmp_path: Path) -> None:
    cache = LeasedDirectories(tmp_path, capacity_bytes=MIB)

    def fails(directory: Path) -> None:
        (directory / "half").touch()
        raise RuntimeError("no")

    with pytest.raises(RuntimeError, match="no"), cache.lease("a", fails):
        pass
    assert keys(tmp_path) == set()
    with cache.lease("a", writes("good")) as directory:
        assert directory.is_dir()


def test_many_who_want_the_same_build_it_once_and_have_it_at_the_same_time(tmp_path: Path) -> None:
    cache = LeasedDirectories(tmp_path, capacity_bytes=MIB)
    builds = []
    together, inside = threading.Barrier(8, timeout=10), threading.Barrier(8, timeout=10)

    def build(directory: Path) -> None:
        builds.append(directory)
        writes("once")(directory)

    def use() -> None:
        together.wait()
        with cache.lease("a", build) as directory:
            assert (directory / "content").read_text() == "once"
            inside.wait()

    with ThreadPoolExecutor(8) as pool:
        for done in [pool.submit(use) for _ in range(8)]:
            done.result(20)
    assert len(builds) == 1


def test_who_comes_to_build_what_is_in_use_by_then_does_not_wait(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Between its look and its turn to build, somebody else builds the entry, and keeps it."""
    cache = LeasedDirectories(tmp_path, capacity_bytes=MIB)
    real = fcntl.flock

    def use() -> None:
        with cache.lease("a", never):
            pass

    with ExitStack() as used:

        def late(lock: int, how: int) -> None:
            if how & fcntl.LOCK_EX:
                monkeypatch.setattr(fcntl, "flock", real)
                used.enter_context(cache.lease("a", writes("a")))
            real(lock, how)

        monkeypatch.setattr(fcntl, "flock", late)
        thread = threading.Thread(target=use, daemon=True)
        thread.start()
        thread.join(10)
        assert not thread.is_alive()


def test_the_least_recently_used_goes_first(tmp_path: Path) -> None:
    cache = LeasedDirectories(tmp_path, capacity_bytes=3 * MIB)
    for key in "abc":
        with cache.lease(key, writes(key, MIB - 10_000)):
            pass
    with cache.lease("a", never):
        pass
    with cache.lease("d", writes("d", MIB - 10_000)):
        assert keys(tmp_path) == {"a", "c", "d"}
    assert {path.stem for path in tmp_path.glob("*.lock")} == {"a", "c", "d"}


def test_what_is_in_use_stays(tmp_path: Path) -> None:
    cache = LeasedDirectories(tmp_path, capacity_bytes=MIB)
    with cache.lease("a", writes("a", MIB)), cache.lease("b", writes("b", MIB)):
        assert keys(tmp_path) == {"a", "b"}
        # Another process knows of the use only by the lock.
        with LeasedDirectories(tmp_path, capacity_bytes=MIB).lease("c", writes("c", MIB)):
            assert keys(tmp_path) == {"a", "b", "c"}
    with cache.lease("d", writes("d", MIB)):
        assert keys(tmp_path) == {"d"}


def test_an_eviction_that_comes_second_leaves_what_was_built_meanwhile(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Between its opening of the lock file and its locking, somebody else evicts the entry and builds it again."""
    cache = LeasedDirectories(tmp_path, capacity_bytes=MIB)
    with cache.lease("a", writes("old")):
        pass
    real = fcntl.flock

    def late(lock: int, how: int) -> None:
        monkeypatch.setattr(fcntl, "flock", real)
        assert cache._remove(tmp_path / "a.lock")
        with cache.lease("a", writes("new")):
            pass
        real(lock, how)

    monkeypatch.setattr(fcntl, "flock", late)
    assert not cache._remove(tmp_path / "a.lock")
    with cache.lease("a", never) as directory:
        assert (directory / "content").read_text() == "new"


def test_leases_and_evictions_at_once(tmp_path: Path) -> None:
    cache = LeasedDirectories(tmp_path, capacity_bytes=MIB)

    def use(offset: int) -> None:
        for turn in range(30):
            key = f"key-{(turn + offset) % 5}"
            with cache.lease(key, writes(key, MIB // 2)) as directory:
                assert (directory / "content").read_text().startswith(key)

    with ThreadPoolExecutor(4) as pool:
        for done in [pool.submit(use, number) for number in range(4)]:
            done.result(30)


def test_a_tree_without_permissions_is_removed(tmp_path: Path) -> None:
    inner = tmp_path / "tree" / "a" / "b"
    inner.mkdir(parents=True)
    (inner / "file").touch()
    for directory in (inner, inner.parent):
        directory.chmod(0)
    remove_tree(tmp_path / "tree")
    assert not (tmp_path / "tree").exists()


def test_a_tree_deeper_than_python_can_follow_is_removed(tmp_path: Path) -> None:
    import os  # noqa: PLC0415  # relative calls: the path as a whole is too long for any other

    home = Path.cwd()
    (tmp_path / "tree").mkdir()
    os.chdir(tmp_path / "tree")
    try:
        for _ in range(1_500):
            Path("deep").mkdir()
            os.chdir("deep")
    finally:
        os.chdir(home)
    remove_tree(tmp_path / "tree")
    assert not (tmp_path / "tree").exists()
