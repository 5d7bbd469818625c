"""People from a table: added and changed by the same services as one by one, all of them or none."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from django.conf import settings
from django.db import transaction
from django.utils.translation import gettext_lazy as _

from apps.accounts.errors import InvalidRole, LastAdministrator, PermissionNotHeld, UserAlreadyExists
from apps.accounts.models import Role, User
from apps.accounts.payloads import UserRow
from apps.accounts.permissions import require_insider
from apps.accounts.roles import ORG_ADMIN_SLUG, SUPER_ADMIN_SLUG, canonical_role
from apps.accounts.selectors.users import USER_COLUMNS, roles_assignable
from apps.accounts.services.administrators import administrators_lock
from apps.accounts.services.invitations import invitations_import_limit
from apps.accounts.services.users import user_create, user_update
from apps.common.actor import Actor
from apps.common.changes import check_fields
from apps.common.errors import ApplicationError, InvalidInput, InvalidTable, Text, TooLarge
from apps.common.imports import Change, Imported, LineError, Lines
from apps.common.limits import hit
from apps.common.tables import table_read
from apps.common.turns import table_turn

MANAGE = "admin.manage"
MOST_BYTES, MOST_ROWS = 2 * 1024**2, 1000
COLUMNS = ("email", "name", "role", "username", "phone", "department", "is_active")
_KEPT_WHEN_EMPTY = frozenset({"name", "role", "is_active"})
_TRUE = frozenset({"true", "1", "yes", "y", "active", "sim", "s", "ativo", "verdadeiro"})
_FALSE = frozenset({"false", "0", "no", "n", "inactive", "não", "nao", "inativo", "falso"})
_SWITCHES = {True: "true", False: "false"}
_FIELDS: dict[type[ApplicationError], str] = {
    InvalidRole: "role",
    PermissionNotHeld: "role",
    LastAdministrator: "role",
    UserAlreadyExists: "email",
}
_REQUIRED = _("This field is required.")


def users_import(*, actor: Actor, content: bytes, dry_run: bool, now: datetime) -> Imported:
    """Adds and changes the people of a CSV file, by their addresses [admin.manage].

    Raises ``TooLarge`` beyond 2 MiB or 1,000 rows, ``InvalidTable``, and what :func:`users_import_rows` raises; what is
    wrong with the columns is told as faults of the first line.
    """
    require_insider(actor, MANAGE)
    if len(content) > MOST_BYTES:
        raise TooLarge
    lines = table_read(content)
    head = next(lines, None)
    if head is None:
        raise InvalidTable
    columns = [cell.lower() for cell in head.cells]
    faults = list(_column_faults(head.number, columns))
    if faults:
        return Imported({}, faults)
    rows: list[UserRow] = []
    for line in lines:
        if len(rows) == MOST_ROWS:
            raise TooLarge(_("At most %(count)d people are imported at once.") % {"count": MOST_ROWS})
        if any(line.cells[len(columns) :]):
            faults.append(LineError(line.number, "", str(_("There are more cells than columns."))))
        rows.append(UserRow(line.number, dict(zip(columns, line.cells, strict=False))))
    return users_import_rows(actor=actor, rows=rows, faults=faults, dry_run=dry_run, now=now)


def users_import_rows(
    *, actor: Actor, rows: Sequence[UserRow], faults: Sequence[LineError] = (), dry_run: bool, now: datetime
) -> Imported:
    """Adds and changes the people of these rows, all or, where one is refused or in a dry run, none [admin.manage].

    Each row goes through ``user_create`` or ``user_update``, also in a dry run, so that it meets every rule they keep.
    A column that is not there changes nothing, and neither does an empty name, role or state. Administrators are locked
    first wherever a row changes somebody, whose rows would else be waited for in a ring. Raises ``TooManyRequests`` for
    too many imports, dry or not, or more than one at once, and for more invitations than the organization may mail;
    ``Busy`` where somebody else is changing administrators, or importing too.
    """
    require_insider(actor, MANAGE)
    with table_turn():
        hit(settings.ENV.rate_limit_import, "import-people")
        return _rows_imported(actor, rows, faults, dry_run=dry_run, now=now)


def _rows_imported(
    actor: Actor, rows: Sequence[UserRow], faults: Sequence[LineError], *, dry_run: bool, now: datetime
) -> Imported:
    work = _Work(actor, now, {role.slug: role for role in roles_assignable()}, faults=list(faults))
    wanted = list(work.readable(rows))
    if not (dry_run or work.faults):
        invitations_import_limit(sum(work.invites(row) for row in wanted))
    with transaction.atomic():
        if any(work.changes_somebody(row) for row in wanted):
            administrators_lock()  # ahead of everybody else, as single changes do: none waits for another in a ring
        for row in sorted(wanted, key=work.comes_later):
            work.write(row)
        if dry_run or work.faults:
            transaction.set_rollback(True)
    work.faults.sort(key=lambda fault: fault.line)
    return Imported(work.changes, work.faults)


def users_import_lines(*, actor: Actor, lines: Lines, dry_run: bool, now: datetime) -> Imported:
    """:func:`users_import_rows` for lines whose cells have been read [admin.manage]."""
    rows = [
        UserRow(number, {name: _SWITCHES.get(value, str(value)) for name, value in values.items()})
        for number, values in lines.items()
    ]
    return users_import_rows(actor=actor, rows=rows, dry_run=dry_run, now=now)


@dataclass(slots=True)
class _Wanted:
    """A row that could be read: the person it is about, if known, and what shall be."""

    line: int
    user: User | None
    values: dict[str, Any]


@dataclass(slots=True)
class _Work:
    """An import under way."""

    actor: Actor
    now: datetime
    roles: Mapping[str, Role]
    faults: list[LineError] = field(default_factory=list)
    changes: dict[int, Change] = field(default_factory=dict)

    def readable(self, rows: Sequence[UserRow]) -> Iterator[_Wanted]:
        """The rows whose cells are what their columns ask for; the others become faults."""
        addresses = [row.values.get("email", "").lower() for row in rows]
        known = {user.email.lower(): user for user in _known(addresses)}
        lines: dict[str, int] = {}
        for row, address in zip(rows, addresses, strict=True):
            if address in lines:
                text = _("This address stands in line %(number)d already.") % {"number": lines[address]}
                self.faults.append(LineError(row.line, "email", str(text)))
                continue
            lines.setdefault(address, row.line)
            found = len(self.faults)
            user = known.get(address)
            values = dict(self._values(row, new=user is None))
            if len(self.faults) == found:
                yield _Wanted(row.line, user, values)

    def _values(self, row: UserRow, *, new: bool) -> Iterator[tuple[str, Any]]:
        given = {name: row.values[name] for name in COLUMNS if name in row.values}
        if new:
            for name in ("name", "role"):
                if not given.get(name):
                    self._fault(row.line, name, _REQUIRED)
        kept = {name: value for name, value in given.items() if value or name not in _KEPT_WHEN_EMPTY}
        try:
            texts = {name: value for name, value in kept.items() if name not in {"role", "is_active"}}
            check_fields(User(**texts), list(texts))
        except InvalidInput as error:
            self._refused(row.line, error)
        for name, value in kept.items():
            if name == "is_active":
                yield name, self._truth(row.line, value)
            elif name == "role" and canonical_role(value) not in self.roles:
                self._fault(row.line, name, InvalidRole.message)
            else:
                yield name, canonical_role(value) if name == "role" else value

    def _truth(self, line: int, text: str) -> bool:
        if text.lower() not in _TRUE | _FALSE:
            self._fault(line, "is_active", _("Must be true or false."))
        return text.lower() in _TRUE

    def comes_later(self, row: _Wanted) -> bool:
        """Whoever administers comes first, so that the last administrator may go in the same file."""
        return row.values.get("role") not in {ORG_ADMIN_SLUG, SUPER_ADMIN_SLUG}

    def changes_somebody(self, row: _Wanted) -> bool:
        """Whether writing the row locks that of somebody who is known."""
        return row.user is not None and bool(_differing(row.user, row.values))

    def invites(self, row: _Wanted) -> bool:
        """Whether writing the row may order an invitation."""
        if row.user is None:
            return bool(row.values.get("is_active", True))
        return row.values.get("is_active") is True and not (row.user.is_active or row.user.has_usable_password())

    def write(self, row: _Wanted) -> None:
        """Adds or changes the person of one row, or notes why not."""
        try:
            if row.user is None:
                user_create(actor=self.actor, **row.values, counted=True, now=self.now)
                self.changes[row.line] = Change.CREATED
            elif changes := _differing(row.user, row.values):
                user_update(actor=self.actor, user=row.user, changes=changes, counted=True, now=self.now)
                self.changes[row.line] = Change.UPDATED
            else:
                self.changes[row.line] = Change.UNCHANGED
        except ApplicationError as error:
            self._refused(row.line, error)

    def _refused(self, line: int, error: ApplicationError) -> None:
        texts = error.errors or {_FIELDS.get(type(error), ""): [error.detail]}
        for name, several in texts.items():
            for text in several:
                self._fault(line, name, text)

    def _fault(self, line: int, name: str, text: Text) -> None:
        self.faults.append(LineError(line, name, str(text)))


def _known(addresses: Sequence[str]) -> Iterator[User]:
    people: Any = User.objects.of_addresses(addresses).select_related("role")
    yield from people


def _differing(user: User, values: Mapping[str, Any]) -> dict[str, Any]:
    now = {name: getattr(user, name) for name in values if name != "role"}
    now |= {"role": user.role.slug, "email": user.email.lower()}
    shall = {name: value.lower() if name == "email" else value for name, value in values.items()}
    return {name: value for name, value in shall.items() if now[name] != value}


def _column_faults(line: int, columns: Sequence[str]) -> Iterator[LineError]:
    if "email" not in columns:
        yield LineError(line, "email", str(_("There is no such column.")))
    for name in dict.fromkeys(columns):
        if columns.count(name) > 1:
            yield LineError(line, name[:100], str(_("Given more than once.")))
        elif name not in USER_COLUMNS:
            yield LineError(line, name[:100], str(_("Unknown column.")))
