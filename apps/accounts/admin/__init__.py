"""Accounts in the back-office, of an organization and of the platform alike."""

from __future__ import annotations

from apps.accounts.admin import organization_effects  # noqa: F401  # says what it knows
from apps.accounts.admin.frames import frame_of
from apps.accounts.admin.organizations import OwnOrganizationAdmin, OwnSettingsAdmin
from apps.accounts.admin.pages import PAGES
from apps.accounts.admin.passwords import password_change_of
from apps.accounts.admin.support import OwnSupportGrantAdmin, PlatformSupportGrantAdmin, notices_of
from apps.accounts.forms import SignInForm
from apps.common.admin_sites import organization_site, platform_site

for site in (organization_site, platform_site):
    site.frame_of = frame_of
    site.login_form = SignInForm
    site.login_template = "accounts/sign_in.html"
    site.password_change = password_change_of(site)
    for model, page in PAGES.items():
        site.register(model, page)

organization_site.notices_of = notices_of

__all__ = ["PAGES", "OwnOrganizationAdmin", "OwnSettingsAdmin", "OwnSupportGrantAdmin", "PlatformSupportGrantAdmin"]
