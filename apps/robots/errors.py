"""What can go wrong with robots, their packages, runs and schedules."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.utils.translation import gettext_lazy as _

from apps.common.errors import BadRequest, Conflict, NotFound, Text, Unavailable

# --- robots


class RobotNotFound(NotFound):
    code = "robot_not_found"
    message = _("There is no such robot.")


class RobotNameTaken(Conflict):
    code = "robot_name_taken"
    message = _("A robot with this name exists already.")


class RobotInUse(Conflict):
    code = "robot_in_use"
    message = _("Services use this robot; remove them first.")


class RobotArchived(Conflict):
    code = "robot_archived"
    message = _("This robot is archived.")


# --- versions


class VersionNotFound(NotFound):
    code = "version_not_found"
    message = _("There is no such version, or none is active.")


class VersionExists(BadRequest):
    code = "version_exists"
    message = _("The robot has this version already.")


class InvalidChannel(BadRequest):
    code = "invalid_channel"
    message = _("The channel must be stable, beta or hotfix.")


class InvalidPublication(BadRequest):
    code = "invalid_publication"
    message = _("The version cannot be published like this.")


class CanaryWithoutActiveVersion(Conflict):
    code = "canary_without_active_version"
    message = _("A share of the runs can go to a version only while another one is active.")


# --- runs


class RunNotFound(NotFound):
    code = "run_not_found"
    message = _("There is no such run.")


class RunFinished(Conflict):
    code = "run_finished"
    message = _("The run has finished already.")


class RunNotFinished(Conflict):
    code = "run_not_finished"
    message = _("The run has not finished yet.")


class MissingEnvironment(BadRequest):
    code = "missing_env_keys"
    message = _("The version needs environment variables that were not given.")


class InvalidEnvironment(BadRequest):
    code = "invalid_env_keys"
    message = _("These environment variables cannot be set.")


class ArtifactNotFound(NotFound):
    code = "artifact_not_found"
    message = _("There is no such artifact.")


# --- schedules


class ScheduleNotFound(NotFound):
    code = "schedule_not_found"
    message = _("There is no such schedule.")


# --- packages, environments, sandbox, cron


class _ArtifactRefused(BadRequest):
    """Whatever is wrong inside of it, the field is the file."""

    def __init__(self, detail: Text | None = None, *, extra: Mapping[str, Any] | None = None) -> None:
        super().__init__(detail, extra=extra)
        self.errors = {"artifact": [self.detail]}


class InvalidArtifact(_ArtifactRefused):
    code = "invalid_artifact"
    message = _("The artifact is not acceptable.")


class InvalidVersionNumber(BadRequest):
    code = "invalid_version_number"
    message = _("The version is not a semantic version.")


class InvalidDependencies(_ArtifactRefused):
    code = "invalid_dependencies"
    message = _("The dependencies of the robot cannot be read.")


class InvalidSchedule(BadRequest):
    code = "invalid_schedule"
    message = _("The schedule is not valid.")


class ArtifactDamaged(Unavailable):
    """The stored file is not the one that was published."""

    code = "artifact_damaged"
    message = _("The stored artifact does not match its checksum.")
    permanent = True


class EnvironmentFailed(BadRequest):
    """The dependencies exist in no combination that can be installed; trying again does not help."""

    code = "environment_failed"
    message = _("The dependencies of the robot cannot be installed.")


class RegistryUnreachable(Unavailable):
    code = "registry_unreachable"
    message = _("The package registry cannot be reached, so the dependencies of the robot are not installed.")


class SandboxUnavailable(Unavailable):
    code = "sandbox_unavailable"
    message = _("Robots need a sandbox that this machine does not offer.")


class SandboxFailed(Unavailable):
    code = "sandbox_failed"
    message = _("The sandbox of the robot could not be set up.")
