"""People, their sessions, keys and grants; each organization has its own."""

from apps.accounts.models.api_key import ApiKey
from apps.accounts.models.grant import Grant, GroupGrant, TagGrant, UserGrant
from apps.accounts.models.oidc import OidcIdentity, OidcSettings
from apps.accounts.models.password_link import LinkPurpose, PasswordLink
from apps.accounts.models.second_factor import RecoveryCode, SecondFactor
from apps.accounts.models.session import RefreshToken, Session, SocketTicket
from apps.accounts.models.user import AuthSource, Role, User
from apps.accounts.models.user_group import UserGroup

__all__ = [
    "ApiKey",
    "AuthSource",
    "Grant",
    "GroupGrant",
    "LinkPurpose",
    "OidcIdentity",
    "OidcSettings",
    "PasswordLink",
    "RecoveryCode",
    "RefreshToken",
    "Role",
    "SecondFactor",
    "Session",
    "SocketTicket",
    "TagGrant",
    "User",
    "UserGrant",
    "UserGroup",
]
