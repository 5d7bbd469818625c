from __future__ import annotations

import shutil
import subprocess
import sys
import zipfile
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from apps.robots.errors import EnvironmentFailed, RegistryUnreachable
from apps.robots.packages.environment import EnvironmentCache, base_python, robot_framework
from apps.robots.packages.metadata import Dependencies


def publish(registry: Path, name: str, file: str) -> None:
    (registry / name).mkdir(parents=True, exist_ok=True)
    (registry / name / "index.html").write_text(f'<a href="{file}">{file}</a>')


def make_wheel(directory: Path, name: str = "greeting", version: str = "1.0") -> None:
    """The smallest installable package."""
    info = f"{name}-{version}.dist-info"
    files = {
        f"{name}.py": "WORD = 'hello'\n",
        f"{info}/METADATA": f"Metadata-Version: 2.1\nName: {name}\nVersion: {version}\n",
        f"{info}/WHEEL": "Wheel-Version: 1.0\nGenerator: test\nRoot-Is-Purelib: true\nTag: py3-none-any\n",
        f"{info}/entry_points.txt": f"[console_scripts]\n{name}={name}:main\n",
    }
    record = "".join(f"{path},,\n" for path in (*files, f"{info}/RECORD"))
    wheel_name = f"{name}-{version}-py3-none-any.whl"
    publish(directory, name, wheel_name)
    with zipfile.ZipFile(directory / name / wheel_name, "w") as wheel:
        for path, content in {**files, f"{info}/RECORD": record}.items():
            wheel.writestr(path, content)


@pytest.fixture
def registry(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A registry of files."""
    directory = tmp_path / "registry"
    make_wheel(directory)
    monkeypatch.setenv("UV_DEFAULT_INDEX", directory.as_uri())
    return directory


@pytest.fixture
def cache(tmp_path: Path) -> EnvironmentCache:
    return EnvironmentCache(tmp_path / "cache", seconds=60)


def test_it_works(cache: EnvironmentCache, registry: Path) -> None:
    with cache.lease(Dependencies(("greeting==1.0",))) as runtime:
        done = subprocess.run(
            [runtime.python, "-c", "import greeting; print(greeting.WORD)"], capture_output=True, text=True, check=True
        )
        assert done.stdout == "hello\n"
        assert runtime.environment is not None
        assert runtime.environment not in runtime.readable
        assert (runtime.environment / "bin" / "greeting").exists()


def test_without_dependencies_it_is_one_empty_environment(tmp_path: Path) -> None:
    cache = EnvironmentCache(tmp_path / "cache", uv=tmp_path / "no-uv-here")
    found = set()
    for dependencies in (None, Dependencies(), Dependencies((), ">=3.8")):
        with cache.lease(dependencies) as runtime:
            found.add(runtime)
            source = "import sys; print(*[path for path in sys.path if 'site-packages' in path])"
            done = subprocess.run([runtime.python, "-c", source], capture_output=True, text=True, check=True)
            assert str(runtime.environment) in done.stdout
            assert sys.base_prefix not in done.stdout
    assert len(found) == 1


def test_the_bare_interpreter_has_none_of_our_packages() -> None:
    done = subprocess.run([base_python(), "-c", "import django"], capture_output=True, check=False)
    assert b"ModuleNotFoundError" in done.stderr


def test_it_is_built_once(cache: EnvironmentCache, registry: Path) -> None:
    found: list[Path | None] = []

    def use() -> None:
        with cache.lease(Dependencies(("greeting",))) as runtime:
            found.append(runtime.environment)

    with ThreadPoolExecutor(4) as pool:
        for done in [pool.submit(use) for _ in range(4)]:
            done.result(60)
    assert len(set(found)) == 1
    shutil.rmtree(registry)
    use()


def test_other_dependencies_live_elsewhere(cache: EnvironmentCache, registry: Path) -> None:
    make_wheel(registry, "farewell")
    with cache.lease(Dependencies(("greeting",))) as one, cache.lease(Dependencies(("farewell",))) as two:
        assert one.environment != two.environment


def test_an_unknown_package_fails_for_good(cache: EnvironmentCache, registry: Path) -> None:
    with (
        pytest.raises(EnvironmentFailed, match="nowhere-at-all") as caught,
        cache.lease(Dependencies(("nowhere-at-all",))),
    ):
        pass
    assert caught.value.permanent


def test_source_distributions_are_not_built(cache: EnvironmentCache, registry: Path) -> None:
    publish(registry, "evil", "evil-1.0.zip")
    with zipfile.ZipFile(registry / "evil" / "evil-1.0.zip", "w") as archive:
        archive.writestr("evil-1.0/setup.py", f"open({str(registry / 'pwned')!r}, 'w')")
    with pytest.raises(EnvironmentFailed), cache.lease(Dependencies(("evil",))):
        pass
    assert not (registry / "pwned").exists()


def test_an_impossible_python_is_refused(cache: EnvironmentCache, registry: Path) -> None:
    with pytest.raises(EnvironmentFailed, match=r"4\.7"), cache.lease(Dependencies((), ">=4.7")):
        pass


def test_an_unreachable_registry_says_so(cache: EnvironmentCache, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("UV_DEFAULT_INDEX", "http://127.0.0.1:9/simple")
    monkeypatch.setenv("UV_HTTP_RETRIES", "0")
    with pytest.raises(RegistryUnreachable) as caught, cache.lease(Dependencies(("greeting",))):
        pass
    assert not caught.value.permanent


def test_a_slow_registry_is_given_up(cache: EnvironmentCache, registry: Path, tmp_path: Path) -> None:
    hasty = EnvironmentCache(tmp_path / "hasty", seconds=0.001)
    with pytest.raises(RegistryUnreachable, match="longer than"), hasty.lease(Dependencies(("greeting",))):
        pass


def test_robot_framework_is_found() -> None:
    directory = robot_framework()
    assert directory is not None
    assert (directory / "__init__.py").exists()
    assert directory.is_relative_to(sys.prefix)
