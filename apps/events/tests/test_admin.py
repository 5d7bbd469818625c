"""The ledger's pages."""

from __future__ import annotations

from apps.common.admin_sites import organization_site, platform_site
from apps.events.models import Event


def test_it_works() -> None:
    for site in (organization_site, platform_site):
        assert site.is_registered(Event)
        assert site.get_model_admin(Event).form_fields == ()
