"""What can go wrong with sign-in, users, keys and grants."""

from __future__ import annotations

from django.utils.translation import gettext_lazy as _

from apps.common.errors import (
    BadRequest,
    Conflict,
    InvalidInput,
    NotFound,
    PermissionDenied,
    Unauthorized,
    Unavailable,
)


class InvalidCredentials(Unauthorized):
    code = "invalid_credentials"
    message = _("These credentials are not valid, or no longer.")


class WrongCredentials(Unauthorized):
    code = "wrong_credentials"
    message = _("Incorrect email or password")


class SecondFactorRequired(Unauthorized):
    code = "second_factor_required"
    message = _("The password is right; now give a code of your device, or a recovery code.")


class SecondFactorMissing(PermissionDenied):
    code = "second_factor_missing"
    message = _("This organization wants a second factor of its administrators; set one up first.")


class WrongSecondFactor(Unauthorized):
    code = "wrong_second_factor"
    message = _("This code is not right, or was used before.")


class SecondStepOver(Unauthorized):
    code = "second_step_over"
    message = _("This sign-in took too long; begin again.")


class WrongCode(BadRequest):
    code = "wrong_code"
    message = _("This code is not right, or was used before.")


class SecondFactorExists(Conflict):
    code = "second_factor_exists"
    message = _("This account has a second factor already; give that up first.")


class SecondFactorOff(Conflict):
    code = "second_factor_off"
    message = _("This account has no second factor, or setting it up took too long.")


class SecondFactorNotFound(NotFound):
    code = "second_factor_not_found"
    message = _("This person has no second factor.")


class SecondFactorNotOffered(Conflict):
    code = "second_factor_not_offered"
    message = _("This account has no password here; its issuer sees to a second factor.")


class SecondFactorOwn(PermissionDenied):
    code = "second_factor_own"
    message = _("One's own second factor is given up with password and code, under one's own account.")


class InvalidRefreshToken(Unauthorized):
    code = "invalid_refresh_token"
    message = _("This refresh token is not valid, or no longer.")


class RefreshTokenReused(Unauthorized):
    code = "refresh_token_reused"
    message = _("This refresh token was used before; for safety, its session has ended.")


class WrongPassword(BadRequest):
    code = "wrong_password"
    message = _("The current password is not right.")


class InvalidLink(BadRequest):
    code = "invalid_token"
    message = _("This link is not valid, or no longer; ask for a new one.")


class NotInvitable(Conflict):
    code = "not_invitable"
    message = _("Only active people without a password are invited.")


class SessionNotFound(NotFound):
    code = "session_not_found"
    message = _("There is no such session.")


class AccountLocked(PermissionDenied):
    code = "account_locked"
    message = _("Too many failed sign-ins; this account is locked for a while.")


class AccountInactive(PermissionDenied):
    code = "account_inactive"
    message = _("This account is not active.")


class CsrfRefused(PermissionDenied):
    code = "csrf_failed"
    message = _("A call with the session cookie needs the X-CSRFToken header.")


class OriginRefused(PermissionDenied):
    code = "origin_refused"
    message = _("Pages of this origin may not use the session cookie here.")


class LocalSignInOff(PermissionDenied):
    code = "local_sign_in_off"
    message = _("This organization signs in with its own accounts alone, not with passwords kept here.")


class OidcNotConfigured(NotFound):
    code = "oidc_not_configured"
    message = _("This organization has not set up sign-in with another system.")


class OidcUnreachable(BadRequest):
    code = "oidc_unreachable"
    message = _("The issuer's configuration could not be read; see the reason.")


class OidcNotOnPlatform(BadRequest):
    code = "oidc_not_on_platform"
    message = _("Administrators of the platform sign in with passwords alone.")


class OidcIssuerAway(Unavailable):
    code = "oidc_issuer_away"
    message = _("The issuer of this organization's accounts does not answer; try again later.")


class OidcDomainRefused(PermissionDenied):
    code = "oidc_domain_refused"
    message = _("Addresses of this domain may not sign in here.")


class OidcEmailRequired(Unauthorized):
    code = "oidc_email_required"
    message = _("The issuer tells no e-mail address for this account, or one that it has not verified.")


class OidcAccountExists(Unauthorized):
    code = "oidc_account_exists"
    message = _("This address has an account here that the issuer's account may not take over; ask an administrator.")


class OidcFlowFailed(BadRequest):
    code = "oidc_flow_failed"
    message = _("This sign-in took too long, or did not begin in this browser; begin again.")


class OidcRefused(PermissionDenied):
    code = "oidc_refused"
    message = _("The issuer did not let you in.")


class OrganizationRequired(Conflict):
    code = "organization_required"
    message = _("This address belongs to several organizations; name one.")


class EmailTaken(BadRequest):
    code = "email_taken"
    message = _("This e-mail address is already registered.")


class UserAlreadyExists(Conflict):
    code = "user_already_exists"
    message = _("A user with this e-mail address already exists.")


class InvalidRole(BadRequest):
    code = "invalid_role"
    message = _("There is no such role.")


class RoleTaken(Conflict):
    code = "role_taken"
    message = _("A role with this short name exists already.")


class RoleBuiltIn(Conflict):
    code = "role_built_in"
    message = _("Built-in roles stay as they are; add one of your own.")


class RoleInUse(Conflict):
    code = "role_in_use"
    message = _("People have this role; give them another one first.")


class RoleNotFound(NotFound):
    code = "role_not_found"
    message = _("There is no such role.")


class GroupTaken(Conflict):
    code = "group_taken"
    message = _("A group or a role with this name exists already.")


class GroupNotFound(NotFound):
    code = "group_not_found"
    message = _("There is no such group.")


class UserNotFound(NotFound):
    code = "user_not_found"
    message = _("There is no such user.")


class LastAdministrator(Conflict):
    code = "last_administrator"
    message = _("An organization keeps at least one active administrator whose rights no grants narrow.")


class ApiKeyNotFound(NotFound):
    code = "api_key_not_found"
    message = _("There is no such API key.")


class TooManyApiKeys(Conflict):
    code = "too_many_api_keys"
    message = _("You hold as many API keys as are possible; revoke one first.")


class UnknownPermission(InvalidInput):
    code = "unknown_permission"
    message = _("There is no such permission.")


class PermissionNotHeld(PermissionDenied):
    code = "permission_not_held"
    message = _("Nobody can give rights that they do not hold.")


class NoSession(BadRequest):
    code = "no_session"
    message = _("These credentials belong to no session.")


class UnknownAction(BadRequest):
    code = "unknown_action"
    message = _("There is no such action.")


class WrongResourceType(BadRequest):
    code = "wrong_resource_type"
    message = _("This action is not about objects of this type.")


class GrantNotFound(NotFound):
    code = "grant_not_found"
    message = _("There is no such grant.")


class GrantExists(Conflict):
    code = "grant_exists"
    message = _("This was granted before.")


class ResourceNotFound(NotFound):
    code = "resource_not_found"
    message = _("There is no such object.")


class NotUnderSupport(PermissionDenied):
    code = "not_under_support"
    message = _("Support of the platform does not do this; the organization's own people do.")


class EntranceRefused(PermissionDenied):
    code = "entrance_refused"
    message = _("Support comes in from the platform's own page alone.")


class SupportForbidden(PermissionDenied):
    code = "support_forbidden"
    message = _("This organization lets no support of the platform in.")


class SupportGrantNotFound(NotFound):
    code = "support_grant_not_found"
    message = _("There is no such support access.")


class SupportGrantOver(Conflict):
    code = "support_grant_over"
    message = _("This support access is over; ask for a new one.")
