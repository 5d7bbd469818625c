"""The caches of this installation, from which robots are run."""

from __future__ import annotations

from functools import lru_cache

from apps.robots.kind.policy import place
from apps.robots.packages.environment import EnvironmentCache
from apps.robots.packages.unpack import PackageCache
from apps.robots.selectors.packages import archive_limits


@lru_cache(maxsize=1)
def package_cache() -> PackageCache:
    """Unpacked packages, shared by all workers of this machine."""
    return PackageCache(place("cache/packages"), limits=archive_limits())


@lru_cache(maxsize=1)
def environment_cache() -> EnvironmentCache:
    """Installed dependencies, shared by all workers of this machine."""
    return EnvironmentCache(place("cache"))
