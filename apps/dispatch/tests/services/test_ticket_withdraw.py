from __future__ import annotations

from apps.dispatch.services.tickets import ticket_withdraw
from apps.dispatch.tests.conftest import Make, stored
from apps.tenants.models import Organization


def test_it_works(make: Make) -> None:
    waiting = make()
    ticket_withdraw(execution_id=waiting)
    assert stored(waiting) is None


def test_not_once_it_is_held(make: Make) -> None:
    held = make(held=True)
    ticket_withdraw(execution_id=held)
    assert stored(held)


def test_not_of_another_organization(make: Make, other_organization: Organization) -> None:
    theirs = make(schema=other_organization.schema_name)
    ticket_withdraw(execution_id=theirs)
    assert stored(theirs)
