"""Groups of the channel layer carry the schema."""

from __future__ import annotations

import pytest
from channels.layers import BaseChannelLayer

from apps.common.ids import uuid7
from apps.tenants.channels import group_name
from apps.tenants.context import OutsideTenantError, public_context, tenant_context
from apps.tenants.models import Organization


def test_it_works(organization: Organization, other_organization: Organization) -> None:
    identifier = uuid7()
    mine = group_name("run", identifier)
    assert mine == f"{organization.schema_name}.run.{identifier}"
    with tenant_context(other_organization):
        assert group_name("run", identifier) != mine
    assert BaseChannelLayer().require_valid_group_name(mine)


def test_outside_an_organization_there_is_none(organization: Organization) -> None:
    with public_context(), pytest.raises(OutsideTenantError):
        group_name("run", "1")
