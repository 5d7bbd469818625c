"""Live options from the organization's own data. A later area adds its provider here."""

from __future__ import annotations

from apps.portal.forms.options import Registry
from apps.portal.options.robots import RobotOptions, VersionOptions
from apps.portal.options.users import UserOptions

providers = Registry([RobotOptions(), VersionOptions(), UserOptions()])
