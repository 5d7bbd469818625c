"""manage.py rebuild_directory."""

from __future__ import annotations

import io

from django.core.management import call_command

from apps.accounts.models import User
from apps.accounts.services.directory import directory_knows
from apps.tenants.context import public_context
from apps.tenants.models import DirectoryEntry


def test_it_works(owner: User, foreigner: User) -> None:
    with public_context():
        DirectoryEntry.objects.all().delete()
    assert not directory_knows(email=owner.email)
    out = io.StringIO()
    call_command("rebuild_directory", stdout=out)
    assert directory_knows(email=owner.email)
    assert directory_knows(email=foreigner.email)
    with public_context():
        assert DirectoryEntry.objects.count() == 2
    call_command("rebuild_directory", stdout=out)
    with public_context():
        assert DirectoryEntry.objects.count() == 2
