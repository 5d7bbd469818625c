"""Where pages of the back-offices stand."""

from __future__ import annotations

from apps.common.admin_navigation import SECTIONS
from apps.common.admin_sites import organization_site, platform_site


def test_every_page_stands_in_a_section_that_there_is() -> None:
    known = {section.key for section in SECTIONS}
    for site in (organization_site, platform_site):
        assert site._registry
        assert {page.section for page in site._registry.values()} <= known
