"""What robots may see and use in this installation, from the environment."""

from __future__ import annotations

from pathlib import Path

from django.conf import settings

from apps.robots.sandbox.policy import ResourceLimits, SandboxMode, SandboxPolicy
from config.env import BASE_DIR


def sandbox_policy() -> SandboxPolicy:
    """What robots may see and use here."""
    env = settings.ENV
    return SandboxPolicy(
        state=place("robots"),
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


def place(name: str) -> Path:
    """Where something of robots lies on this machine."""
    return Path(settings.ENV.data_dir).absolute() / name
