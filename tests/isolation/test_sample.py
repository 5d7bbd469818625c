"""A sample of the matrix; ``make isolation`` runs it whole."""

from __future__ import annotations

from django.conf import settings
from django.utils import timezone

from apps.isolation.matrix import Plan, prove
from apps.isolation.report import report
from apps.tenants.context import owner_context
from apps.tenants.models import Organization

GENERATED, SAMPLE = 10_000, 800 if settings.TENANT_ROLES else 300
WITHOUT_ROLES = {"api", "sign-in", "pages", "live", "tasks", "objects", "names"}


def test_it_works(thrown_away: None) -> None:
    proof = prove(Plan(disposable=True, cases=SAMPLE), now=timezone.now())
    text = report(proof, where="in process")
    assert proof.holds, text
    assert proof.generated >= GENERATED
    assert sum(proof.tried.values()) >= SAMPLE
    assert set(proof.tried) >= WITHOUT_ROLES, proof.tried
    assert ("database" in proof.tried) == settings.TENANT_ROLES
    assert "0 leaks." in text
    with owner_context():
        assert not Organization.objects.filter(name__startswith="Isolation").exists()
