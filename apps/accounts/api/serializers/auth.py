"""Sign-in on the wire."""

from __future__ import annotations

from rest_framework import serializers

from apps.accounts.api.serializers.second_factors import CODE_HELP, CODE_LENGTH
from apps.accounts.api.serializers.users import MeUserOutput, OrganizationSummary, UserOutput
from apps.accounts.models import Session
from apps.common.api import InputSerializer, OrderingField, OutputSerializer, PageQuery

RULES_HELP = (
    "8 to 100 characters with upper case, lower case and a digit; not a common one. Names of the organization, the "
    "product and oneself do not count."
)
LOCALES = ("en", "pt-BR")


class RegisterInput(InputSerializer):
    email = serializers.EmailField(max_length=254)
    password = serializers.CharField(
        max_length=1000,
        trim_whitespace=False,
        help_text=RULES_HELP,
    )
    name = serializers.CharField(max_length=150)
    organization_name = serializers.CharField(max_length=200)


class LoginInput(InputSerializer):
    email = serializers.EmailField(max_length=254)
    password = serializers.CharField(max_length=1000, trim_whitespace=False)
    organization = serializers.CharField(
        max_length=63, required=False, help_text="Slug; needed where the address belongs to several organizations."
    )
    code = serializers.CharField(
        max_length=CODE_LENGTH, required=False, help_text=f"Where the account has a second factor. {CODE_HELP}"
    )


class RefreshInput(InputSerializer):
    """Empty where the refresh token comes as ``Authorization: Bearer``."""

    refresh_token = serializers.CharField(max_length=200, required=False)


class LogoutInput(InputSerializer):
    refresh_token = serializers.CharField(max_length=200, required=False)


class TokensOutput(OutputSerializer):
    access_token = serializers.CharField()
    refresh_token = serializers.CharField()
    token_type = serializers.CharField(default="bearer")
    expires_in = serializers.IntegerField(help_text="Seconds the access token lives.")


class SignedInOutput(TokensOutput):
    user = UserOutput()
    organization = OrganizationSummary()


class MeOutput(OutputSerializer):
    user = MeUserOutput(source="*")


class MeUpdateInput(InputSerializer):
    name = serializers.CharField(max_length=150, required=False)
    phone = serializers.CharField(max_length=40, required=False, allow_blank=True)
    locale = serializers.ChoiceField(
        choices=LOCALES, required=False, allow_blank=True, help_text="Language of mails; empty: the product's own."
    )
    timezone = serializers.CharField(
        max_length=64, required=False, allow_blank=True, help_text="By its IANA name; empty: the organization's."
    )


class ForgotPasswordInput(InputSerializer):
    email = serializers.EmailField(max_length=254)
    organization = serializers.CharField(
        max_length=63, required=False, help_text="Slug; without it the mail has a link for each organization."
    )


class ResetPasswordInput(InputSerializer):
    token = serializers.CharField(max_length=200)
    new_password = serializers.CharField(max_length=1000, trim_whitespace=False, help_text=RULES_HELP)


class ChangePasswordInput(InputSerializer):
    current_password = serializers.CharField(max_length=1000, trim_whitespace=False)
    new_password = serializers.CharField(max_length=1000, trim_whitespace=False, help_text=RULES_HELP)


class MessageOutput(OutputSerializer):
    message = serializers.CharField(help_text="For people.")


class SessionListQuery(PageQuery):
    ordering = OrderingField({"last_used_at": "last_used_at", "created_at": "created_at"}, default="-last_used_at")


class SessionOutput(OutputSerializer):
    id = serializers.UUIDField(help_text="The `sid` of its tokens.")
    device = serializers.CharField(help_text="As it named itself when it signed in.")
    ip = serializers.IPAddressField(allow_null=True)
    created_at = serializers.DateTimeField()
    last_used_at = serializers.DateTimeField()
    current = serializers.SerializerMethodField(help_text="Whether it is the one that asks.")

    def get_current(self, session: Session) -> bool:
        return bool(self.context["request"].actor.session_id == str(session.pk))


class SocketTicketOutput(OutputSerializer):
    ticket = serializers.CharField()
    expires_in = serializers.IntegerField(help_text="Seconds the ticket lives.")
