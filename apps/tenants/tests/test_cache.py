"""Django's cache is apart for each organization."""

from __future__ import annotations

from django.core.cache import cache

from apps.tenants.context import public_context, tenant_context
from apps.tenants.models import Organization


def test_it_works(organization: Organization, other_organization: Organization) -> None:
    cache.set("key", "mine")
    assert cache.get("key") == "mine"
    with tenant_context(other_organization):
        assert cache.get("key") is None
        cache.set_many({"key": "theirs", "other": 1})
    with public_context():
        assert cache.get_many(["key", "other"]) == {}
    assert cache.get_many(["key", "other"]) == {"key": "mine"}
    cache.delete("key")
    with tenant_context(other_organization):
        assert cache.get("key") == "theirs"
        cache.delete_many(["key", "other"])
