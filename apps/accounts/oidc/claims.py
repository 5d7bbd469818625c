"""What a verified token says of a person, and which role that comes to."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Any

from django.core.exceptions import ValidationError
from django.core.validators import validate_email

from apps.accounts.models.oidc import NAME_LENGTH
from apps.accounts.oidc.discovery import is_microsoft
from apps.accounts.oidc.verification import BadToken

LONGEST_EMAIL, LONGEST_NAME = 254, 150
_YES = (True, "true", "True", 1, "1")


@dataclass(frozen=True, slots=True)
class Person:
    """Somebody as their issuer knows them. ``email`` is empty where there is none to rely on."""

    issuer: str
    subject: str
    email: str
    email_verified: bool
    name: str
    roles: frozenset[str]
    expires_at: int

    @property
    def domain(self) -> str:
        """What stands behind the @ of the address."""
        return self.email.rpartition("@")[2]


def person_of(claims: Mapping[str, Any], *, role_claim: str) -> Person:
    """Who a verified token is about. Raises ``BadToken`` for a ``sub`` that no issuer should give."""
    subject = claims["sub"]
    if not (isinstance(subject, str) and 0 < len(subject) <= NAME_LENGTH and subject.isprintable()):
        raise BadToken
    email = _email(claims)
    return Person(
        issuer=claims["iss"],
        subject=subject,
        email=email,
        email_verified=_is_verified(claims, email),
        name=_name(claims) or email.partition("@")[0] or subject[:LONGEST_NAME],
        roles=_roles(claims, role_claim),
        expires_at=int(claims["exp"]),
    )


def best_role(
    person: Person, *, mapping: Mapping[str, str], known: Mapping[str, Collection[str]], otherwise: str
) -> str | None:
    """The role that may most of those that a person's claim is mapped to, else the one for everybody else.

    ``known`` are the actions of the organization's roles by slug; one that is gone counts for nothing, and None is
    said where that leaves none.
    """
    mapped = {mapping[value] for value in person.roles & mapping.keys()} & known.keys()
    if mapped:
        return max(mapped, key=lambda slug: (len(known[slug]), slug))
    return otherwise if otherwise in known else None


def _email(claims: Mapping[str, Any]) -> str:
    """The address by the first claim that holds one. What the issuer says it has not verified is none."""
    if claims.get("email_verified", True) not in _YES:
        return ""
    for name in ("email", "preferred_username", "upn"):
        given = claims.get(name)
        if isinstance(given, str) and len(given) <= LONGEST_EMAIL and _is_address(given) and _is_its_own(given):
            return given.lower()
    return ""


def _is_address(given: str) -> bool:
    try:
        validate_email(given)
    except ValidationError:
        return False
    return True


def _is_its_own(given: str) -> bool:
    """Whether small letters leave it the address that it is: some signs become letters of somebody else's."""
    return all(letter.isascii() or not letter.lower().isascii() for letter in given)


def _is_verified(claims: Mapping[str, Any], email: str) -> bool:
    """Whether the issuer vouches for the address: ``email_verified``, or where it is Microsoft, ``xms_edov``.

    Elsewhere the latter is a claim that somebody may have made up for themselves.
    """
    if not email or str(claims.get("email", "")).lower() != email:
        return False
    words = ("email_verified", "xms_edov") if is_microsoft(claims["iss"]) else ("email_verified",)
    return any(claims.get(name) in _YES for name in words)


def _name(claims: Mapping[str, Any]) -> str:
    given = claims.get("name")
    text = given if isinstance(given, str) else ""
    return " ".join("".join(each if each.isprintable() else " " for each in text).split())[:LONGEST_NAME].strip()


def _roles(claims: Mapping[str, Any], path: str) -> frozenset[str]:
    """The values of a claim: named as it stands, or by the way to it (``realm_access.roles``)."""
    found: Any = claims.get(path)
    if found is None:
        found = claims
        for part in path.split("."):
            found = found.get(part) if isinstance(found, Mapping) else None
    values = found if isinstance(found, list) else [found]
    return frozenset(value for value in values if isinstance(value, str))
