"""How this installation runs robots: limits, sandbox and caches, from the environment."""

from __future__ import annotations

from functools import lru_cache
from pathlib import Path

from django.conf import settings

from apps.robots.packages.environment import EnvironmentCache
from apps.robots.packages.unpack import PackageCache
from apps.robots.sandbox.policy import ResourceLimits, SandboxMode, SandboxPolicy
from apps.robots.selectors.packages import archive_limits
from config.env import BASE_DIR


def sandbox_policy() -> SandboxPolicy:
    """What robots may see and use here."""
    env = settings.ENV
    return SandboxPolicy(
        state=_absolute("robots"),
        mode=SandboxMode(env.robot_sandbox),
        network=env.robot_network == "host",
        hidden=(BASE_DIR, env.data_dir.absolute()),
        spares=env.robot_spares,
        limits=ResourceLimits(
            address_space_bytes=env.robot_memory_bytes,
            memory_bytes=2 * env.robot_memory_bytes,
            file_bytes=env.robot_file_bytes,
            processes=env.robot_processes,
            artifacts_bytes=env.artifacts_max_bytes,
            artifacts_count=env.artifacts_max_count,
        ),
    )


@lru_cache(maxsize=1)
def package_cache() -> PackageCache:
    """Unpacked packages, shared by all workers of this machine."""
    return PackageCache(_absolute("cache/packages"), limits=archive_limits())


@lru_cache(maxsize=1)
def environment_cache() -> EnvironmentCache:
    """Installed dependencies, shared by all workers of this machine."""
    return EnvironmentCache(_absolute("cache"))


def _absolute(name: str) -> Path:
    return Path(settings.ENV.data_dir).absolute() / name
