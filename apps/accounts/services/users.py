"""Users of an organization: made, changed, switched off and on again. Their directory entries keep step."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from django.contrib.auth.hashers import is_password_usable
from django.db import IntegrityError, transaction

from apps.accounts.errors import InvalidRole, PermissionNotHeld, UserAlreadyExists, UserNotFound
from apps.accounts.models import Role, Session, User
from apps.accounts.passwords import Owner, password_validate
from apps.accounts.permissions import in_reach, person, require_insider
from apps.accounts.roles import ACTIONS, canonical_role
from apps.accounts.selectors.users import roles_assignable
from apps.accounts.services.administrators import COUNTED, administers, administrator_keep, administrators_lock
from apps.accounts.services.directory import directory_add, directory_remove
from apps.accounts.services.invitations import invitation_order, invitations_limit
from apps.accounts.services.password_links import invitable, password_links_void
from apps.accounts.services.sessions import Ending, sessions_revoke
from apps.common.actor import Actor
from apps.common.changes import check_fields
from apps.common.etags import check_match
from apps.events.services import record

PROFILE = ("name", "username", "phone", "department")
_INVITING = frozenset({"email", "is_active"})


def role_named(name: str) -> Role:
    """The role by slug or by any spelling of the documents; ``InvalidRole`` where this organization has none such.

    ``super_admin`` exists on the platform alone, and nothing else does there. No actor: a lookup.
    """
    role = roles_assignable().filter(slug=canonical_role(name)).first()
    if role is None:
        raise InvalidRole
    return role


def user_write(*, email: str, name: str, role: str, password: str | None = None, **profile: Any) -> User:
    """Writes a user and the directory entry, in the caller's transaction.

    Raises ``InvalidRole``, ``UserAlreadyExists``, ``InvalidInput`` for a name or the like of several lines. Without a
    password the account cannot be signed in to by password. No actor: part of the services that create users.
    """
    user = User(email=email.strip().lower(), name=name, role=role_named(role), **profile)
    user.set_password(password)  # None makes it unusable
    check_fields(user, PROFILE)
    _save(user)
    directory_add(email=user.email)
    return user


def user_create(
    *,
    actor: Actor,
    email: str,
    name: str,
    role: str,
    password: str | None = None,
    username: str = "",
    phone: str = "",
    department: str = "",
    is_active: bool = True,
    counted: bool = False,
    now: datetime,
) -> User:
    """Adds a user to the organization; without a password, an active one is mailed an invitation [admin.manage].

    ``counted`` says that the caller has counted the invitation. Raises ``InvalidRole``, ``PermissionNotHeld`` for a
    role that may more than the actor, ``InvalidInput`` for a weak password, ``UserAlreadyExists``, ``TooManyRequests``
    for one invitation too many.
    """
    require_insider(actor, "admin.manage")
    reach_require(actor, User(role=role_named(role)))
    if password is not None:
        password_validate(password, user=Owner(name, email, username))
    elif is_active and not counted:
        invitations_limit()
    with transaction.atomic():
        profile = {"username": username, "phone": phone, "department": department, "is_active": is_active}
        user = user_write(email=email, name=name, role=role, password=password, **profile)
        record("user.created", actor=actor, subject=user, data={"role": user.role.slug}, now=now)
        if invitable(user):
            invitation_order(actor=actor, user=user, now=now)
    return user


def user_update(
    *,
    actor: Actor,
    user: User,
    changes: Mapping[str, Any],
    if_match: str | None = None,
    counted: bool = False,
    now: datetime,
) -> User:
    """Changes any of ``email, name, username, phone, department, role, is_active, password`` [admin.manage].

    A new password and switching off end the user's sessions; a new password also lifts a lock. Links mailed before a
    change of address, state or password are void; who has no password yet is invited anew, which the caller may have
    ``counted``. Raises ``InvalidRole``, ``PermissionNotHeld`` where role, state, address or password of somebody who
    may more than the actor are touched, ``InvalidInput``, ``UserAlreadyExists``, ``LastAdministrator``,
    ``UserNotFound``, ``PreconditionFailed``, ``Busy``, ``TooManyRequests`` for one invitation too many.
    """
    require_insider(actor, "admin.manage")
    if changes.get("password") is not None:
        password_validate(changes["password"], user=Owner.changed(user, changes))
    elif not (counted or is_password_usable(user.password) or _INVITING.isdisjoint(changes)):
        invitations_limit()
    with transaction.atomic():
        user = _locked(user, with_administrators=not COUNTED.isdisjoint(changes))
        check_match(user, if_match)
        before, administered = user.email, administers(user)
        changed = _apply(actor, user, changes)
        if not changed:
            return user
        check_fields(user, changed.intersection(PROFILE))
        if administered and not administers(user):
            administrator_keep(user)
        _save(user, changed)
        if user.email != before:
            directory_remove(email=before)
            directory_add(email=user.email)
        _end_sessions(actor, user, changed, now=now)
        data = {"changed": sorted(changed - {"failed_logins", "locked_until"})}
        record(_event_name(user, changed), actor=actor, subject=user, data=data, now=now)
        _renew_links(actor, user, changed, now=now)
    return user


def user_deactivate(*, actor: Actor, user: User, if_match: str | None = None, now: datetime) -> User:
    """Switches a user off and ends their sessions; the row stays for the ledger [admin.manage].

    Raises ``LastAdministrator`` and what :func:`user_update` raises.
    """
    return user_update(actor=actor, user=user, changes={"is_active": False}, if_match=if_match, now=now)


def user_reactivate(*, actor: Actor, user: User, if_match: str | None = None, now: datetime) -> User:
    """Lets somebody in again who was switched off; who never chose a password is invited anew [admin.manage].

    Raises what :func:`user_update` raises.
    """
    return user_update(actor=actor, user=user, changes={"is_active": True}, if_match=if_match, now=now)


def reach_require(actor: Actor, user: User) -> None:
    """Nobody gives, or takes over, more than they hold: a key, or a role of the organization's own, may hold less.

    Grants count on both sides: they may narrow the actor's role, and give more than the other one's. Raises
    ``PermissionNotHeld``.
    """
    if not in_reach(actor, person(user), ACTIONS):
        raise PermissionNotHeld


def _locked(user: User, *, with_administrators: bool) -> User:
    """The user's row as it is now, locked; behind those of all administrators where these will be counted."""
    if with_administrators:
        administrators_lock()
    rows = User.objects.select_for_update(of=("self",), no_key=True)
    found: User | None = rows.select_related("role").filter(pk=user.pk).first()
    if found is None:
        raise UserNotFound
    return found


def _apply(actor: Actor, user: User, changes: Mapping[str, Any]) -> set[str]:
    """Writes the changes on the instance; returns the names of the fields that differ."""
    wanted = {name: changes[name] for name in (*PROFILE, "is_active") if name in changes}
    if "email" in changes:
        wanted["email"] = changes["email"].strip().lower()
    if "role" in changes:
        wanted["role"] = role_named(changes["role"])
    changed = {name for name, value in wanted.items() if getattr(user, name) != value}
    if changes.get("password") is not None:
        changed.add("password")
    if not changed <= set(PROFILE):
        reach_require(actor, user)
    for name in changed & wanted.keys():
        setattr(user, name, wanted[name])
    if "role" in changed:
        reach_require(actor, user)
    if "password" in changed:
        user.set_password(changes["password"])
        user.failed_logins, user.locked_until = 0, None
        changed |= {"failed_logins", "locked_until"}
    return changed


def _save(user: User, changed: set[str] | None = None) -> None:
    try:
        with transaction.atomic():
            if changed is None:
                user.save(force_insert=True)
            else:
                user.save(update_fields=[*sorted(changed), "updated_at"])
    except IntegrityError as error:
        if "user_email_unique" in str(error):
            raise UserAlreadyExists from error
        raise


def _end_sessions(actor: Actor, user: User, changed: set[str], *, now: datetime) -> None:
    reason = None
    if "is_active" in changed and not user.is_active:
        reason = Ending.USER_DEACTIVATED
    elif "password" in changed:
        reason = Ending.PASSWORD_CHANGED
    if reason is not None:
        own = Session.objects.filter(user=user, revoked_at=None)
        sessions_revoke(actor=actor, sessions=own, reason=reason, now=now)


def _renew_links(actor: Actor, user: User, changed: set[str], *, now: datetime) -> None:
    """What was mailed before does not fit any more; who still waits for a first password gets a new invitation."""
    if not changed.isdisjoint(_INVITING | {"password"}):
        password_links_void(user=user)
        if invitable(user):
            invitation_order(actor=actor, user=user, now=now)


def _event_name(user: User, changed: set[str]) -> str:
    if "is_active" not in changed:
        return "user.updated"
    return "user.reactivated" if user.is_active else "user.deactivated"
