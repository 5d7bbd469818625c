"""The proof as a page that a customer can read."""

from __future__ import annotations

from collections.abc import Iterator

from django.conf import settings
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from apps.isolation.matrix import Proof

SHOWN = 50
WIDTH = 64


def report(proof: Proof, *, where: str) -> str:
    """What was tried, how often, and what came of it."""
    return "\n".join([*_head(proof, where), "", *_table(proof), "", *_defences(), "", *_verdict(proof)])


def _head(proof: Proof, where: str) -> Iterator[str]:
    yield _("Isolation of organizations: proof of %(time)s, Oficina %(version)s, %(where)s") % {
        "time": f"{proof.began:%Y-%m-%d %H:%M} UTC",
        "version": settings.VERSION,
        "where": where,
    }
    yield ""
    yield _(
        "Two temporary organizations were made, each filled with objects of %(kinds)d kinds in %(rows)d rows and"
    ) % {
        "kinds": proof.kinds,
        "rows": proof.rows,
    }
    yield _(
        "%(files)d files, whose every text held a word of its own. Then somebody who holds every right in the first"
    ) % {"files": proof.files}
    yield _("one tried to see, change or use what belongs to the second. Both have been removed since.")


def _table(proof: Proof) -> Iterator[str]:
    names = {
        "api": _("API: every operation, with every credential, at every host"),
        "sign-in": _("Signing in: what an address, a password or a token tells"),
        "pages": _("Pages: both back-offices, forms, searches, documents"),
        "live": _("Live logs: sockets and streams"),
        "tasks": _("Background tasks, with ids of the other organization"),
        "database": _("PostgreSQL: every table, by roles and row rules"),
        "objects": _("Objects and queries carried from one into the other"),
        "names": _("Cache, files, channels, locks, limits of the same name"),
        "broken middleware": _("Our own middleware broken on purpose: PostgreSQL denies"),
    }
    leaks = proof.leaks_by_family()
    tried, cases, leaked, together = _("what was tried"), _("cases"), _("leaks"), _("together")
    yield f"{tried:<{WIDTH}}{cases:>8}{leaked:>8}"
    for family, title in names.items():
        yield f"{title:<{WIDTH}}{proof.tried[family]:>8,}{leaks[family]:>8,}"
    yield f"{together:<{WIDTH}}{sum(proof.tried.values()):>8,}{sum(leaks.values()):>8,}"


def _defences() -> Iterator[str]:
    if settings.TENANT_ROLES:
        yield _("Each organization has a PostgreSQL role of its own; roles and row rules were verified.")
    else:
        yield _("TENANT_ROLES is off: PostgreSQL is no line of defence here, and was not asked.")


def _verdict(proof: Proof) -> Iterator[str]:
    for finding in proof.findings[:SHOWN]:
        yield f"! {finding.case}: {finding.problem}"
    if len(proof.findings) > SHOWN:
        yield _("… and %(more)d more") % {"more": len(proof.findings) - SHOWN}
    for name in proof.changed:
        yield "! " + _("%(name)s of the second organization is not what it was") % {"name": name}
    for gap in proof.gaps:
        yield "? " + gap
    if proof.holds:
        yield _("Nothing of the second organization was seen, nothing of it has changed. 0 leaks.")
        return
    found = len(proof.findings) + len(proof.changed)
    yield ngettext("%(count)d leak.", "%(count)d leaks.", found) % {"count": found}
    if proof.gaps:
        count = len(proof.gaps)
        yield ngettext("%(count)d gap: not all was tried.", "%(count)d gaps: not all was tried.", count) % {
            "count": count
        }
