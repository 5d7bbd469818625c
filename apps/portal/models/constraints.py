"""What a violated constraint means. The database decides about duplicates; two requests at once cannot both pass."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Final

from django.db import IntegrityError, transaction

from apps.common.errors import ApplicationError
from apps.portal.errors import DomainNameTaken, DomainSlugTaken, ServiceTitleTaken

DUPLICATES: Final[Mapping[str, tuple[str, type[ApplicationError]]]] = {
    "domain_name_unique": ("name", DomainNameTaken),
    "domain_slug_unique": ("slug", DomainSlugTaken),
    "service_title_unique": ("title", ServiceTitleTaken),
}
"""Constraint → the field that is not unique and the error that says so."""


@contextmanager
def refusing_duplicates() -> Iterator[None]:
    """Turn the violation of a unique constraint inside into its error, naming the field."""
    try:
        with transaction.atomic():
            yield
    except IntegrityError as violation:
        found = DUPLICATES.get(_constraint(violation))
        if found is None:
            raise
        field, error = found
        raise error(errors={field: [error.message]}) from violation


def _constraint(violation: IntegrityError) -> str:
    diagnosis = getattr(violation.__cause__, "diag", None)
    return str(getattr(diagnosis, "constraint_name", ""))
